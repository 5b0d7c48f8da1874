from collections import deque
from itertools import count

from chatmodels.http._transport.pool import KEEP_ALIVE, IdleConnections, Pools


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_last_released_connection_is_acquired_first() -> None:
    idle = IdleConnections(count().__next__)
    a, b = idle.acquire(), idle.acquire()
    assert (idle.release(a), idle.release(b)) == (None, None)
    assert [idle.acquire(), idle.acquire(), idle.acquire()] == [b, a, 2]


def test_a_release_returns_a_connection_that_was_idle_for_too_long() -> None:
    clock = Clock()
    idle = IdleConnections(count().__next__, clock)
    a, b, c = idle.acquire(), idle.acquire(), idle.acquire()
    idle.release(a)
    clock.now = 1.0
    idle.release(b)
    clock.now = KEEP_ALIVE + 0.5
    assert idle.release(c) == a
    assert idle.drain() == [c, b]
    assert idle.drain() == []


class Shared(deque[object]):
    def __len__(self) -> int:
        raise AssertionError("other threads can acquire a connection after they are counted")


def test_idle_connections_are_drained_without_counting_them() -> None:
    idle = IdleConnections(count().__next__)
    idle._idle = Shared()
    idle.release(idle.acquire())
    assert idle.drain() == [0]


class Connection:
    def __init__(self) -> None:
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


def test_connections_to_origins_that_are_no_longer_used_are_returned_in_turn() -> None:
    clock = Clock()
    pools: Pools[Connection] = Pools(clock)
    once = [pools.open(f"http://{number}", Connection) for number in range(3)]
    for idle in once:
        idle.release(idle.acquire())
    clock.now = KEEP_ALIVE + 1.0
    busy = pools.open("http://busy", Connection)
    old = [busy.release(busy.acquire()) for _ in range(8)]

    assert len([each for each in old if each is not None]) == 3
    assert [idle.drain() for idle in once] == [[], [], []]
    assert pools.open("http://busy", Connection) is busy
    kept = busy.acquire()
    busy.release(kept)
    pools.close()
    assert kept.aborted

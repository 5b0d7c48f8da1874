from collections import deque
from itertools import count

from chatmodels.http._transport.pool import KEEP_ALIVE, Lanes


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_last_lane_given_back_is_taken_first() -> None:
    lanes = Lanes(count().__next__)
    a, b = lanes.take(), lanes.take()
    assert (lanes.give(a), lanes.give(b)) == (None, None)
    assert [lanes.take(), lanes.take(), lanes.take()] == [b, a, 2]


def test_a_lane_that_was_idle_too_long_comes_out_when_another_is_given_back() -> None:
    clock = Clock()
    lanes = Lanes(count().__next__, clock)
    a, b, c = lanes.take(), lanes.take(), lanes.take()
    lanes.give(a)
    clock.now = 1.0
    lanes.give(b)
    clock.now = KEEP_ALIVE + 0.5
    assert lanes.give(c) == a
    assert lanes.drain() == [c, b]
    assert lanes.drain() == []


class Shared(deque[object]):
    def __len__(self) -> int:
        raise AssertionError("other threads may take one a moment after they are counted")


def test_lanes_are_not_counted_to_be_drained() -> None:
    lanes = Lanes(count().__next__)
    lanes._idle = Shared()
    lanes.give(lanes.take())
    assert lanes.drain() == [0]

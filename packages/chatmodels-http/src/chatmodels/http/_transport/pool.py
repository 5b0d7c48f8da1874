"""Keeps idle connections for reuse, the last used first.

The pools of HTTP libraries search all their connections for each request, which dominates the time
of a request at a thousand connections. Here, acquiring and releasing a connection take constant
time, and no lock is needed since `deque` is atomic.
"""

import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

KEEP_ALIVE = 30.0
"""Seconds that an idle connection is kept: shorter than at servers, which rarely close it first."""

_TIMEOUT = r"\btimeout=(\d+)"
_MARGIN = 1.0
"""Seconds by which a connection is given up before the server closes it."""

Connection = TypeVar("Connection")
Closable = TypeVar("Closable", bound="Abortable")


class Abortable(Protocol):
    """A connection that can be closed without waiting."""

    def abort(self) -> None:
        """Close the connection, if there is one."""
        ...


def idle_seconds(headers: Mapping[str, str], /) -> float:
    """Return the time for which an idle connection may be kept, by the header `Keep-Alive`.

    Args:
        headers: Lower-case name to value.
    """
    header = headers.get("keep-alive")
    timeout = None if header is None else re.search(_TIMEOUT, header)
    return KEEP_ALIVE if timeout is None else min(KEEP_ALIVE, int(timeout[1]) - _MARGIN)


class IdleConnections(Generic[Connection]):
    """The idle connections to one origin.

    Args:
        create: Returns a new connection, which connects when it is used.
        clock: Returns the time in seconds.
        turn: The idle connections to all origins, which are looked at in turn.
    """

    __slots__ = ("_clock", "_create", "_idle", "_turn")

    def __init__(
        self,
        create: Callable[[], Connection],
        clock: Callable[[], float] = time.monotonic,
        turn: "deque[IdleConnections[Connection]] | None" = None,
    ) -> None:
        self._create = create
        self._clock = clock
        self._turn = deque([self]) if turn is None else turn
        self._idle: deque[tuple[float, Connection]] = deque()

    def acquire(self) -> Connection:
        """Return an idle connection, or a new one."""
        try:
            return self._idle.pop()[1]
        except IndexError:
            return self._create()

    def release(self, connection: Connection) -> Connection | None:
        """Keep a connection that has become idle; return one that has been idle for too long.

        It is one to this origin or, in turn, to another, where no further request may be sent.
        """
        now = self._clock()
        self._idle.append((now, connection))
        # One at a time, so that the connections of a burst are not all closed in one call.
        old = self.old(now)
        if old is not None:
            return old
        try:  # `suppress` would take longer than the rest of this method
            self._turn.rotate()
            return self._turn[0].old(now)
        except IndexError:  # another thread adds the first origin just now
            return None

    def old(self, now: float) -> Connection | None:
        """Remove and return a connection that has been idle for too long, if there is one."""
        try:
            return self._idle.popleft()[1] if self._idle[0][0] < now - KEEP_ALIVE else None
        except IndexError:  # another thread acquired the connection meanwhile
            return None

    def drain(self) -> list[Connection]:
        """Remove and return all idle connections."""
        drained: list[Connection] = []
        with suppress(IndexError):  # other threads can acquire connections meanwhile
            while True:
                drained.append(self._idle.pop()[1])
        return drained


class Pools(Generic[Closable]):
    """The idle connections to all origins.

    Attributes:
        by_address: They by the addresses of the origins.

    Args:
        clock: Returns the time in seconds.
    """

    __slots__ = ("_clock", "_turn", "by_address")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.by_address: dict[str, IdleConnections[Closable]] = {}
        self._clock = clock
        self._turn: deque[IdleConnections[Closable]] = deque()

    def open(self, address: str, create: Callable[[], Closable]) -> IdleConnections[Closable]:
        """Return the idle connections to an origin that is used for the first time."""
        new = IdleConnections(create, self._clock, self._turn)
        idle = self.by_address.setdefault(address, new)
        if idle is new:  # and not that of another thread
            self._turn.append(idle)
        return idle

    def close(self) -> None:
        """Close all idle connections."""
        close_all(self.by_address)


def close_all(by_address: Mapping[str, IdleConnections[Closable]], /) -> None:
    """Close all idle connections; other threads can add origins meanwhile."""
    for idle in list(by_address.values()):
        for connection in idle.drain():
            connection.abort()

"""Keeps connections for reuse: each in a lane of its own, the last used first.

The pools of HTTP libraries look through all their connections for each request, which at a
thousand of them takes longer than anything else. A lane holds one connection, so that taking and
giving back cost the same however many there are, and nothing needs a lock: `deque` is atomic.
"""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

KEEP_ALIVE = 30.0
"""Seconds that an idle connection is kept: less than by servers, which so seldom hang up first."""

Connection = TypeVar("Connection")


class Lanes(Generic[Connection]):
    """The idle connections to one origin.

    Args:
        open_lane: Makes a connection, which connects when it is used.
        clock: The time in seconds.
    """

    __slots__ = ("_clock", "_idle", "_open")

    def __init__(
        self, open_lane: Callable[[], Connection], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._open = open_lane
        self._clock = clock
        self._idle: deque[tuple[float, Connection]] = deque()

    def take(self) -> Connection:
        """Give an idle connection, or a new one."""
        try:
            return self._idle.pop()[1]
        except IndexError:
            return self._open()

    def give(self, connection: Connection) -> Connection | None:
        """Keep a connection that has become idle, and give one that has been idle too long."""
        now = self._clock()
        self._idle.append((now, connection))
        # At most one for each that comes back: what a burst leaves behind goes bit by bit.
        with suppress(IndexError):  # other threads may take what was there a moment ago
            if self._idle[0][0] < now - KEEP_ALIVE:
                return self._idle.popleft()[1]
        return None

    def drain(self) -> list[Connection]:
        """Give all idle connections."""
        drained: list[Connection] = []
        with suppress(IndexError):  # the only way to learn of the end while other threads take some
            while True:
                drained.append(self._idle.pop()[1])
        return drained

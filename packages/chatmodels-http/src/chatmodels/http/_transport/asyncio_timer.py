"""One timer for all time limits of a connection, one after another."""

import asyncio
import math
from collections.abc import Callable

from chatmodels.http._transport.sockets import SHORTEST


class LimitTimer:
    """Calls a function when the current limit passes.

    Event loops keep cancelled timers for a while, and a stream has a limit for each chunk. The
    timer is therefore left as it is if the next limit passes later, and set again when it is due.

    Args:
        loop: The event loop.
        passed: The function.
    """

    __slots__ = ("_due", "_handle", "_loop", "_passed")

    def __init__(self, loop: asyncio.AbstractEventLoop, passed: Callable[[], object]) -> None:
        self._loop = loop
        self._passed = passed
        self._due = math.inf
        self._handle: asyncio.TimerHandle | None = None

    def start(self, seconds: float | None) -> None:
        """Set the limit; None for none."""
        if seconds is None:
            self._due = math.inf
            return
        self._due = due = self._loop.time() + seconds
        if self._handle is not None:
            if self._handle.when() <= due:
                return
            self._handle.cancel()
        self._handle = self._loop.call_at(due, self._ring)

    def pause(self) -> None:
        """Remove the limit."""
        self._due = math.inf

    def stop(self) -> None:
        """Remove the limit and the timer."""
        self._due = math.inf
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _ring(self) -> None:
        self._handle = None
        if self._loop.time() + SHORTEST >= self._due:
            self._passed()
        elif self._due < math.inf:
            self._handle = self._loop.call_at(self._due, self._ring)

"""The time limits of one attempt: which one is due next, and what it says when it has passed."""

import math
import time
from collections.abc import Callable
from typing import Literal

from chatmodels.core import CallTimeoutError, Timeout
from chatmodels.http._transport.engine import TransferError

Limit = Literal["connect", "read", "first_event", "between_events", "total"]

_SHORTEST = 0.001  # seconds; 0 would tell a socket not to block at all


class Limits:
    """`Deadlines` that follows an attempt and the progress of its events.

    Args:
        timeout: The limits.
        provider: The provider's registered name, for messages.
        deadline: When the whole call must be over, by the same clock; None if there is no limit.
        stream: Whether events are expected.
        clock: The time in seconds.
    """

    __slots__ = (
        "_between",
        "_cap",
        "_clock",
        "_connected_by",
        "_deadline",
        "_due",
        "_provider",
        "_read",
        "_since",
        "_timeout",
        "_until",
    )

    def __init__(
        self,
        timeout: Timeout,
        provider: str,
        *,
        deadline: float | None = None,
        stream: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeout = timeout
        self._provider = provider
        self._clock = clock
        self._since = now = clock()
        self._cap = math.inf
        self._read = _seconds(timeout.read)
        self._between = _seconds(timeout.between_events)
        self._deadline = math.inf if deadline is None else deadline
        self._connected_by = now + _seconds(timeout.connect)
        self._until = self._deadline
        self._due: Limit = "total"
        if stream:
            self._await("first_event", now + _seconds(timeout.first_event))

    def connect(self) -> float | None:
        """Give the time until a connection must stand."""
        return self._left(min(self._connected_by, self._until) - self._clock())

    def read(self) -> float | None:
        """Give the time that the next reading or writing of bytes may take."""
        return self._left(min(min(self._until, self._cap) - self._clock(), self._read))

    def left(self) -> float | None:
        """Return the time until the head, or the next event, must have come."""
        return self._left(min(self._until, self._cap) - self._clock())

    def connecting(self) -> None:
        """Note that a connection is due from now on: key functions take none of its time."""
        self._since = now = self._clock()
        self._connected_by = now + _seconds(self._timeout.connect)

    def check(self) -> None:
        """Make sure that there is time left.

        Raises:
            CallTimeoutError: There is none.
        """
        if self._clock() >= self._until:
            raise self._passed(self._due)

    def restart(self) -> None:
        """Note that the events so far have been taken: the next one is due.

        Raises:
            CallTimeoutError: The total time is over.
        """
        self._since = now = self._clock()
        if now >= self._deadline:
            raise self._passed("total")
        self._await("between_events", now + self._between)

    def cap(self, seconds: float = math.inf) -> None:
        """Allow no more than some seconds for what is left to read, until told otherwise."""
        self._cap = self._clock() + seconds

    def is_capped(self) -> bool:
        """Tell whether the time is over that `cap` or another limit allowed."""
        return self._clock() >= min(self._cap, self._until)

    def error(self, error: TransferError) -> CallTimeoutError:
        """Tell which limit it was that an engine ran into."""
        limit: Limit = "connect" if error.kind == "connect_timeout" else "read"
        if self._clock() + _SHORTEST >= self._until:
            limit = self._due
        if error.kind == "pool_timeout":
            return self._passed(limit, "the HTTP client that was passed had no free connection")
        return self._passed(limit)

    def key_late(self) -> CallTimeoutError:
        """Return the error for a function that has not returned the key or the token in time."""
        limit = self._due if self._clock() + _SHORTEST >= self._until else "read"
        return self._passed(limit, "the function for the key or the token had not returned")

    def _await(self, due: Limit, moment: float) -> None:
        self._until, self._due = self._deadline, "total"
        if moment < self._deadline:
            self._until, self._due = moment, due

    @staticmethod
    def _left(seconds: float) -> float | None:
        return None if seconds == math.inf else max(seconds, _SHORTEST)

    def _passed(self, limit: Limit, what: str = "") -> CallTimeoutError:
        seconds = _seconds(getattr(self._timeout, limit))
        now = self._clock()
        match limit:
            case "total":
                elapsed = now - self._deadline + seconds
            case "read":
                elapsed = seconds  # when the last byte came is known to the engine alone
            case _:
                elapsed = now - self._since
        return CallTimeoutError(
            f"{self._provider}: {what or _MISSING[limit]} after {elapsed:.3g} s; to allow more, "
            f"raise Timeout({limit}={seconds:g})",
            details={"limit": limit, "seconds": seconds, "elapsed": elapsed},
        )


def limits_of_one(timeout: Timeout, provider: str, /) -> Limits:
    """Make the limits of a call that begins now and has one attempt only."""
    deadline = None if timeout.total is None else time.monotonic() + timeout.total
    return Limits(timeout, provider, deadline=deadline)


def _seconds(limit: float | None) -> float:
    return math.inf if limit is None else limit


_MISSING: dict[Limit, str] = {
    "connect": "no connection",
    "read": "no byte came",
    "first_event": "no first event",
    "between_events": "no further event",
    "total": "no whole answer",
}

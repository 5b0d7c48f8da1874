"""The time limits of one attempt: the next one that is due, and the error when it has passed."""

import math
import time
from collections.abc import Callable
from typing import Literal

from chatmodels.core import CallTimeoutError, Timeout
from chatmodels.http._transport.engine import TransferError

Limit = Literal["connect", "read", "first_event", "between_events", "total"]

_SHORTEST = 0.001  # seconds; 0 would make a socket non-blocking


class Limits:
    """The `Deadlines` of one attempt, which depend on the progress of its events.

    Args:
        timeout: The limits.
        provider: The provider's registered name, for messages.
        deadline: The end of the whole call, by the same clock; None for no limit.
        stream: Whether events are expected.
        clock: Returns the time in seconds.
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
        """Return the time until a connection must be established."""
        return self._left(min(self._connected_by, self._until) - self._clock())

    def read(self) -> float | None:
        """Return the time allowed for the next read or write."""
        return self._left(min(min(self._until, self._cap) - self._clock(), self._read))

    def left(self) -> float | None:
        """Return the time until the head, or the next event, must have arrived."""
        return self._left(min(self._until, self._cap) - self._clock())

    def connecting(self) -> None:
        """Start the time limit for connecting, so that it excludes the time of key functions."""
        self._since = now = self._clock()
        self._connected_by = now + _seconds(self._timeout.connect)

    def check(self) -> None:
        """Check that time is left.

        Raises:
            CallTimeoutError: A time limit has passed.
        """
        if self._clock() >= self._until:
            raise self._passed(self._due)

    def restart(self) -> None:
        """Start the time limit for the next event, when all events so far have been consumed.

        Raises:
            CallTimeoutError: The total time has passed.
        """
        self._since = now = self._clock()
        if now >= self._deadline:
            raise self._passed("total")
        self._await("between_events", now + self._between)

    def cap(self, seconds: float = math.inf) -> None:
        """Limit the time for the remaining reads, until the next call of this method."""
        self._cap = self._clock() + seconds

    def is_capped(self) -> bool:
        """Report whether the limit of `cap`, or another one, has passed."""
        return self._clock() >= min(self._cap, self._until)

    def error(self, error: TransferError) -> CallTimeoutError:
        """Return the error for the time limit that an engine reached."""
        limit: Limit = "connect" if error.kind == "connect_timeout" else "read"
        if self._clock() + _SHORTEST >= self._until:
            limit = self._due
        if error.kind == "pool_timeout":
            return self._passed(limit, "the HTTP client that was passed had no free connection")
        return self._passed(limit)

    def key_timeout(self) -> CallTimeoutError:
        """Return the error for a function that did not return the key or the token in time."""
        limit = self._due if self._clock() + _SHORTEST >= self._until else "read"
        return self._passed(limit, "the function for the key or the token had not returned")

    def _await(self, due: Limit, moment: float) -> None:
        self._until, self._due = self._deadline, "total"
        if moment < self._deadline:
            self._until, self._due = moment, due

    @staticmethod
    def _left(seconds: float) -> float | None:
        return None if seconds == math.inf else max(seconds, _SHORTEST)

    def _passed(self, limit: Limit, fact: str = "") -> CallTimeoutError:
        seconds = _seconds(getattr(self._timeout, limit))
        now = self._clock()
        match limit:
            case "total":
                elapsed = now - self._deadline + seconds
            case "read":
                elapsed = seconds  # only the engine knows when the last byte arrived
            case _:
                elapsed = now - self._since
        return CallTimeoutError(
            f"{self._provider}: {fact or _MISSING[limit]} after {elapsed:.3g} s; to allow more, "
            f"raise Timeout({limit}={seconds:g})",
            details={"limit": limit, "seconds": seconds, "elapsed": elapsed},
        )


def single_attempt_limits(timeout: Timeout, provider: str, /) -> Limits:
    """Return the limits of a call that begins now and has only one attempt."""
    deadline = None if timeout.total is None else time.monotonic() + timeout.total
    return Limits(timeout, provider, deadline=deadline)


def _seconds(limit: float | None) -> float:
    return math.inf if limit is None else limit


_MISSING: dict[Limit, str] = {
    "connect": "no connection",
    "read": "no byte arrived",
    "first_event": "no first event",
    "between_events": "no further event",
    "total": "no complete response",
}

"""The delays of a response, as values that sync and async calls wait for."""

import math
import time
from collections.abc import Iterator

from chatmodels.core import CallTimeoutError, StreamEnd, StreamEvent
from chatmodels.core.extending import CallInfo

Delay = float
"""Seconds to wait."""


class Delays:
    """The delays of one attempt, limited by the time limits of the call.

    Args:
        call: The call; time that has already passed counts toward the total limit.
        latency: Seconds before the response or its first event.
        interval: Seconds before each further event.
    """

    def __init__(self, call: CallInfo, latency: float, interval: float) -> None:
        self._limits = call.timeout
        self._latency = latency
        self._interval = interval
        deadline = call.deadline
        self._left = math.inf if deadline is None else max(0.0, deadline - time.monotonic())

    def before_response(self) -> Iterator[Delay]:
        """Yield the delay before a whole response.

        Raises:
            CallTimeoutError: The total limit passed; raised after the delay.
        """
        yield from self._wait(self._latency, None, "")

    def between(self, events: Iterator[StreamEvent], /) -> Iterator[Delay | StreamEvent]:
        """Yield delays before the events of a stream; the end event has no delay.

        Raises:
            CallTimeoutError: A limit passed; raised after the delay.
        """
        yield from self._wait(self._latency, self._limits.first_event, "first_event")
        for position, event in enumerate(events):
            if position and type(event) is not StreamEnd:
                yield from self._wait(self._interval, self._limits.between_events, "between_events")
            yield event

    def _wait(self, seconds: float, limit: float | None, name: str) -> Iterator[Delay]:
        if not seconds:
            return
        allowed, which = (self._left, "total") if limit is None else (limit, name)
        if self._left < allowed:
            allowed, which = self._left, "total"
        self._left -= seconds
        if seconds <= allowed:
            yield seconds
            return
        yield allowed
        raise CallTimeoutError(
            f"mock: no response within the {which} time limit ({allowed:g} s left of it), because "
            f"the script waits {seconds:g} s; pass a longer limit with timeout=",
            details={"limit": which},
        )

"""How long an answer takes: waits as values, so that both worlds wait in their own way."""

import math
import time
from collections.abc import Iterator

from chatmodels.core import CallTimeoutError, StreamEnd, StreamEvent
from chatmodels.core.extending import CallInfo

Wait = float
"""Seconds to wait."""


class Pace:
    """The waits of one attempt, cut short where a time limit of the call passes.

    Args:
        call: The call; what it has taken so far counts for its total limit.
        latency: Seconds before the answer or its first event.
        interval: Seconds before each further event.
    """

    def __init__(self, call: CallInfo, latency: float, interval: float) -> None:
        self._limits = call.timeout
        self._latency = latency
        self._interval = interval
        deadline = call.deadline
        self._left = math.inf if deadline is None else max(0.0, deadline - time.monotonic())

    def before_answer(self) -> Iterator[Wait]:
        """Wait for a whole answer.

        Raises:
            CallTimeoutError: The total limit passed, once it has been waited for.
        """
        yield from self._wait(self._latency, None, "")

    def between(self, events: Iterator[StreamEvent], /) -> Iterator[Wait | StreamEvent]:
        """Put waits before the events of a stream; its end follows at once.

        Raises:
            CallTimeoutError: A limit passed, once it has been waited for.
        """
        yield from self._wait(self._latency, self._limits.first_event, "first_event")
        for position, event in enumerate(events):
            if position and type(event) is not StreamEnd:
                yield from self._wait(self._interval, self._limits.between_events, "between_events")
            yield event

    def _wait(self, seconds: float, limit: float | None, name: str) -> Iterator[Wait]:
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
            f"mock: nothing came within the {which} time limit ({allowed:g} s left of it); the "
            f"script waits {seconds:g} s; allow more with timeout=",
            details={"limit": which},
        )

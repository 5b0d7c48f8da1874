"""Builds a response from the events of one that arrived whole."""

from collections.abc import Sequence
from typing import Any

from chatmodels.core._calls.accumulator import Accumulator
from chatmodels.core._values.events import (
    LogprobsDelta,
    PartEnd,
    StreamEnd,
    StreamEvent,
    StreamStart,
    ToolCallEnd,
    UsageUpdate,
)
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import Part
from chatmodels.core._values.response import ChatResponse, TokenLogprob, Usage


def whole_response(events: Sequence[StreamEvent], /) -> ChatResponse[Any]:
    """Build the response from all of its events, as an `Accumulator` does.

    If the parts are complete and in order, without deltas, this takes a third of the time, because
    nothing has to be joined.

    Raises:
        TypeError: One of them is not an event.
    """
    if len(events) < 2:
        return _accumulated(events)
    start, *others, end = events
    if not isinstance(start, StreamStart) or not isinstance(end, StreamEnd):
        return _accumulated(events)
    usage, index = _NO_USAGE, 0
    parts: list[Part] = []
    logprobs: tuple[TokenLogprob, ...] = ()
    for event in others:
        if isinstance(event, PartEnd) and event.index >= index:
            index = event.index
            parts.append(event.part)
        elif isinstance(event, UsageUpdate):
            usage = event.usage
        elif isinstance(event, ToolCallEnd) and event.index >= index:
            index = event.index
            parts.append(event.tool_call)
        elif isinstance(event, LogprobsDelta):
            logprobs += event.logprobs
        else:
            return _accumulated(events)
    return ChatResponse(
        message=Message("assistant", tuple(parts)),
        finish_reason=end.finish_reason,
        raw_finish_reason=end.raw_finish_reason,
        usage=usage,
        model=start.model,
        id=start.id,
        logprobs=logprobs,
        service_tier=end.service_tier,
        warnings=end.warnings,
        request_id=end.request_id,
        payload=end.payload,
    )


def _accumulated(events: Sequence[StreamEvent]) -> ChatResponse[Any]:
    accumulator = Accumulator()
    for event in events:
        accumulator.add(event)
    return accumulator.response()


_NO_USAGE = Usage()

"""Builds a response from the events of a complete response."""

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
from chatmodels.core._values.response import ChatResponse, TokenLogprob
from chatmodels.core._values.usage import Usage


def whole_response(events: Sequence[StreamEvent], /) -> ChatResponse[Any]:
    """Build the response from all its events, as an `Accumulator` does.

    If the parts are complete and in order, without deltas, this takes a third of the time, because
    no chunks have to be joined.

    Raises:
        TypeError: One of them is not an event.
    """
    if len(events) < 2:
        return _accumulated(events)
    # Types are compared, since a failing `isinstance` costs four times as much for structs.
    start, end = events[0], events[-1]
    if type(start) is not StreamStart or type(end) is not StreamEnd:
        return _accumulated(events)
    usage, index = _NO_USAGE, 0
    parts: list[Part] = []
    logprobs: tuple[TokenLogprob, ...] = ()
    for event in events[1:-1]:
        if type(event) is PartEnd and event.index >= index:
            index = event.index
            parts.append(event.part)
        elif type(event) is UsageUpdate:
            usage = event.usage
        elif type(event) is ToolCallEnd and event.index >= index:
            index = event.index
            parts.append(event.tool_call)
        elif type(event) is LogprobsDelta:
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

"""Conversion of a whole response to stream events."""

from collections.abc import Iterator

from chatmodels.core import (
    LogprobsDelta,
    Part,
    PartEnd,
    ReasoningDelta,
    ReasoningPart,
    RefusalDelta,
    RefusalPart,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    TextPart,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageUpdate,
)
from chatmodels.providers.mock._reply import Outcome
from chatmodels.providers.mock._words import split


def events_of(outcome: Outcome, size: int | None, /) -> Iterator[StreamEvent]:
    """Yield the events of a stream; a stream that fails has no terminal event.

    An attempt that fails without parts has no events at all, so that it can be retried.

    Args:
        outcome: The outcome of an attempt.
        size: Characters per text chunk; None to split at words.

    Raises:
        Exception: The error of the outcome.
    """
    response = outcome.response
    if outcome.error is not None and not response.message.parts:
        raise outcome.error
    yield StreamStart(response.id, response.model)
    for index, part in enumerate(response.message.parts):
        yield from _part_events(part, index, size)
    if response.logprobs:
        yield LogprobsDelta(response.logprobs)
    if outcome.error is not None:
        raise outcome.error
    yield UsageUpdate(response.usage)
    yield StreamEnd(
        response.finish_reason,
        response.raw_finish_reason,
        service_tier=response.service_tier,
        warnings=response.warnings,
        request_id=response.request_id,
        payload=response.payload,
    )


def _part_events(part: Part, index: int, size: int | None) -> Iterator[StreamEvent]:
    plain: Part
    match part:
        case TextPart():
            yield from (TextDelta(chunk, index) for chunk in split(part.text, size))
            plain = TextPart(part.text)
        case ReasoningPart():
            yield from (ReasoningDelta(chunk, index) for chunk in split(part.text, size))
            plain = ReasoningPart(part.text)
        case RefusalPart():
            yield from (RefusalDelta(chunk, index) for chunk in split(part.text, size))
            return
        case ToolCall():
            yield ToolCallStart(part.id, part.name, index)
            for chunk in split(part.arguments_json, size):
                yield ToolCallDelta(chunk, index)
            yield ToolCallEnd(part, index)
            return
        case _:
            yield PartEnd(part, index)
            return
    if part != plain:  # citations and signatures have no deltas
        yield PartEnd(part, index)

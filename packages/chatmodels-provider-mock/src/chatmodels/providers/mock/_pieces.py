"""From a whole answer to the pieces in which a stream brings it."""

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
from chatmodels.providers.mock._reply import Answer
from chatmodels.providers.mock._words import pieces


def events_of(answer: Answer, size: int | None, /) -> Iterator[StreamEvent]:
    """Tell an answer as the events of a stream, without its terminal event if it fails.

    One that fails before it says anything has no events at all, so that it may be tried again.

    Args:
        answer: The answer.
        size: Characters in a piece of text; None for words.

    Raises:
        Exception: The answer's error.
    """
    response = answer.response
    if answer.error is not None and not response.message.parts:
        raise answer.error
    yield StreamStart(response.id, response.model)
    for index, part in enumerate(response.message.parts):
        yield from _part_events(part, index, size)
    if response.logprobs:
        yield LogprobsDelta(response.logprobs)
    if answer.error is not None:
        raise answer.error
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
            yield from (TextDelta(piece, index) for piece in pieces(part.text, size))
            plain = TextPart(part.text)
        case ReasoningPart():
            yield from (ReasoningDelta(piece, index) for piece in pieces(part.text, size))
            plain = ReasoningPart(part.text)
        case RefusalPart():
            yield from (RefusalDelta(piece, index) for piece in pieces(part.text, size))
            return
        case ToolCall():
            yield ToolCallStart(part.id, part.name, index)
            for piece in pieces(part.arguments_json, size):
                yield ToolCallDelta(piece, index)
            yield ToolCallEnd(part, index)
            return
        case _:
            yield PartEnd(part, index)
            return
    if part != plain:  # citations and signatures have no deltas
        yield PartEnd(part, index)

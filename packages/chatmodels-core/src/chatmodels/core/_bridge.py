"""How what a provider lacks is made from what it has: events from a response, tasks from threads."""

from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any, TypeVar

from chatmodels.core._events import (
    AudioDelta,
    LogprobsDelta,
    PartEnd,
    ReasoningDelta,
    RefusalDelta,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageUpdate,
)
from chatmodels.core._parts import (
    AudioPart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
)
from chatmodels.core._response import ChatResponse, Usage

Result = TypeVar("Result")


def events_of(response: ChatResponse[Any], /) -> Iterator[StreamEvent]:
    """Tell a whole response as the events of a stream; accumulated, they give it again."""
    yield StreamStart(response.id, response.model)
    for index, part in enumerate(response.message.parts):
        yield from _part_events(part, index)
    if response.logprobs:
        yield LogprobsDelta(response.logprobs)
    if response.usage != Usage():
        yield UsageUpdate(response.usage)
    yield StreamEnd(
        response.finish_reason,
        response.raw_finish_reason,
        service_tier=response.service_tier,
        warnings=response.warnings,
        request_id=response.request_id,
        payload=response.payload,
    )


def _part_events(part: Part, index: int) -> Iterator[StreamEvent]:
    match part:
        case TextPart():
            yield TextDelta(part.text, index)
        case ReasoningPart():
            yield ReasoningDelta(part.text, index)
        case RefusalPart():
            yield RefusalDelta(part.text, index)
        case AudioPart():
            yield AudioDelta(part.data or b"", part.transcript or "", index)
        case ToolCall():
            yield ToolCallStart(part.id, part.name, index)
            yield ToolCallDelta(part.arguments_json, index)
            yield ToolCallEnd(part, index)
            return
        case _:
            pass
    yield PartEnd(part, index)


async def in_thread(function: Callable[..., Result], /, *arguments: Any) -> Result:
    """Run blocking work in a worker thread; a cancellation does not wait for it."""
    from anyio import to_thread

    return await to_thread.run_sync(function, *arguments, abandon_on_cancel=True)


async def aevents_in_thread(events: Iterator[StreamEvent], /) -> AsyncGenerator[StreamEvent]:
    """Iterate over a blocking stream in worker threads, and close it in the end."""
    from anyio import CancelScope, to_thread

    def following() -> StreamEvent | None:
        return next(events, None)

    try:
        while (event := await to_thread.run_sync(following)) is not None:
            yield event
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            with CancelScope(shield=True):
                await to_thread.run_sync(close)

"""Default implementations of primitives: events from a response and back, async from sync."""

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

from chatmodels.core._calls.accumulator import Accumulator
from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.closing import aclose, close
from chatmodels.core._calls.failures import interrupted
from chatmodels.core._concurrency.running import running_library
from chatmodels.core._errors.classes import ChatModelError
from chatmodels.core._values.events import (
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
from chatmodels.core._values.parts import (
    AudioPart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
)
from chatmodels.core._values.response import ChatResponse
from chatmodels.core._values.usage import Usage

Result = TypeVar("Result")


def events_of(response: ChatResponse[Any], /) -> Iterator[StreamEvent]:
    """Convert a response to the events of a stream; accumulated, they form the same response."""
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
        case TextPart(text) if text:
            yield TextDelta(text, index)
        case ReasoningPart(text) if text:
            yield ReasoningDelta(text, index)
        case RefusalPart(text) if text:
            yield RefusalDelta(text, index)
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


def response_of(events: Iterable[StreamEvent], call: CallInfo, /) -> ChatResponse[Any]:
    """Read a stream to its end, close it, and return the response.

    Raises:
        StreamInterruptedError: It ended without its terminal event.
    """
    accumulator = Accumulator()
    try:
        for event in events:
            accumulator.add(event)
            if accumulator.complete:
                return accumulator.response()
    except ChatModelError as error:
        error.partial = error.partial or _partial(accumulator)
        raise
    finally:
        close(events, call)
    raise interrupted(call, _partial(accumulator))


async def aresponse_of(events: AsyncIterable[StreamEvent], call: CallInfo, /) -> ChatResponse[Any]:
    """Read a stream to its end, close it, and return the response; async."""
    accumulator = Accumulator()
    try:
        async for event in events:
            accumulator.add(event)
            if accumulator.complete:
                return accumulator.response()
    except ChatModelError as error:
        error.partial = error.partial or _partial(accumulator)
        raise
    finally:
        await aclose(events, call)
    raise interrupted(call, _partial(accumulator))


def _partial(accumulator: Accumulator) -> ChatResponse[Any] | None:
    return accumulator.response() if accumulator.events else None


async def in_thread(function: Callable[..., Result], /, *arguments: Any) -> Result:
    """Run a blocking function in a worker thread; a cancellation does not wait for it."""
    return await running_library().in_thread(partial(function, *arguments))


async def aevents_in_thread(
    begin: Callable[[], Iterable[StreamEvent]], call: CallInfo, /
) -> AsyncGenerator[StreamEvent]:
    """Iterate over a sync stream in worker threads, and close it at the end.

    A cancellation does not wait for the stream's next event: the thread that waits for the event
    closes the stream when it arrives.
    """
    reading = _ThreadReader(begin, call)
    try:
        while (event := await in_thread(reading.next_event)) is not None:
            yield event
    finally:
        if reading.leave():
            await running_library().shielded(lambda: in_thread(reading.close))


class _ThreadReader:
    """A blocking iterator that one thread reads and another can leave at any time."""

    def __init__(self, begin: Callable[[], Iterable[StreamEvent]], call: CallInfo) -> None:
        from threading import Lock

        self._begin = begin
        self._call = call
        self._lock = Lock()
        self._busy = False
        self._left = False
        self._events: Iterator[StreamEvent] | None = None

    def next_event(self) -> StreamEvent | None:
        """Wait for the next event; None at the end."""
        with self._lock:
            if self._left:  # cancelled before this thread started
                return None
            self._busy = True
        try:
            if self._events is None:
                self._events = iter(self._begin())
            return next(self._events, None)
        finally:
            with self._lock:
                self._busy = False
                left = self._left
            if left:
                self.close()

    def leave(self) -> bool:
        """Stop reading; report whether the caller must close the iterator."""
        with self._lock:
            self._left = True
            return not self._busy and self._events is not None

    def close(self) -> None:
        """Close the iterator."""
        close(self._events, self._call)

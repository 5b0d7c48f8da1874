"""Decoder of responses, whole and streamed.

Text parts are complete only when the response is, because citations can arrive after the text.
"""

from collections.abc import Iterator, Sequence

import msgspec

from chatmodels.core import (
    LogprobsDelta,
    PartEnd,
    ReasoningDelta,
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
from chatmodels.core.extending import whole_response
from chatmodels.http import Frame
from chatmodels.http.wire import NOT_JSON, Json, finish_reason
from chatmodels.providers.cohere._errors import failed_generation, reject
from chatmodels.providers.cohere._response import (
    FINISH_REASONS,
    NO_ARGUMENTS,
    PLAN,
    THINKING,
    by_content,
    call_of,
    calls_of,
    contents_of,
    parts_of,
    read_logprobs,
    read_usage,
    reasoning,
    text_of,
)
from chatmodels.providers.cohere._wire import (
    WireDelta,
    WireEvent,
    WireMessage,
    event_decoder,
    response_decoder,
)

_NO_DELTA = WireDelta()
_NO_MESSAGE = WireMessage()


class _Block:
    """A content block that is not complete yet."""

    __slots__ = ("chunks", "kind", "position")

    def __init__(self, kind: str | None, position: int) -> None:
        self.kind = kind
        self.chunks: list[str] = []
        self.position = position


class _Call:
    """A tool call that is not complete yet."""

    __slots__ = ("chunks", "position", "start")

    def __init__(self, start: ToolCall, position: int) -> None:
        self.start = start
        self.chunks: list[str] = []
        self.position = position

    def end(self) -> StreamEvent:
        arguments = "".join(self.chunks) or NO_ARGUMENTS
        call = ToolCall(self.start.id, self.start.name, arguments)
        return ToolCallEnd(call, self.position)


class ChatV2Decoder:
    """Stateful decoder of one response into events."""

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._plan: list[str] = []
        self._blocks: dict[int | None, _Block] = {}
        self._citations: list[Json] = []
        self._calls: dict[int | None, _Call] = {}
        self._has_calls = False
        self._count = 1  # of the parts; index 0 is that of the plan
        self._warnings: list[str] = []
        self._ended = False

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Process one frame and return its events.

        Raises:
            ChatModelError: The frame reports an error, or does not have this wire format.
        """
        data = frame.data
        if self._ended or not data or data.startswith(b"[DONE]"):
            return ()
        try:
            event = event_decoder.decode(data)
        except NOT_JSON as error:
            reject(data, error)
        self._frames.append(data)
        delta = event.delta or _NO_DELTA
        message = delta.message or _NO_MESSAGE
        match event.type:
            case "content-delta" | "content-start":
                return self._content(event, message)
            case "tool-call-delta":
                return self._arguments(event.index, message)
            case "tool-plan-delta":
                return self._extend_plan(message.tool_plan)
            case "tool-call-start":
                return self._call(event.index, message)
            case "tool-call-end":
                call = self._calls.pop(event.index, None)
                return () if call is None else (call.end(),)
            case "citation-start":
                self._citations.append(message.citations)
                return ()
            case "message-start":
                return (StreamStart(event.id),)
            case "message-end":
                return self._end(delta, data)
            case _:  # `content-end`, `citation-end`, `debug`, and future types of events
                return ()

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that is not streamed: its parts are complete.

        Raises:
            ChatModelError: The body reports an error or is not a response.
        """
        try:
            wire = response_decoder.decode(body)
        except NOT_JSON as error:
            reject(body, error)
        message = wire.message
        contents, calls = contents_of(message), calls_of(message)
        if not (contents or calls or message.tool_plan or wire.finish_reason):
            reject(body, "it has no content")
        self._has_calls = bool(calls)
        events: list[StreamEvent] = [StreamStart(wire.id)]
        if message.tool_plan:
            events.append(PartEnd(reasoning(PLAN, message.tool_plan)))
        citations = by_content(message.citations, [content.type for content in contents])
        for index, content in enumerate(contents):
            parts = parts_of(content.type, text_of(content), citations.get(index, ()))
            events += [PartEnd(part, self._next()) for part in parts]
        events += [ToolCallEnd(call_of(call), self._next()) for call in calls]
        if wire.logprobs is not None:
            events.append(LogprobsDelta(read_logprobs(wire.logprobs, self._warnings)))
        events.append(UsageUpdate(read_usage(wire.usage, self._warnings)))
        events.append(self._stream_end(wire.finish_reason, msgspec.Raw(body)))
        if failure := failed_generation(wire.finish_reason, None, body):
            failure.partial = whole_response(events)
            raise failure
        return events

    def close(self) -> Sequence[StreamEvent]:
        """Return no events: without a `message-end` event the response is incomplete."""
        return ()

    def _content(self, event: WireEvent, message: WireMessage) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        for content in contents_of(message):
            block = self._blocks.get(event.index)
            if block is None or event.type == "content-start":
                block = self._blocks[event.index] = _Block(content.type, self._next())
            if text := text_of(content):
                block.chunks.append(text)
                delta = ReasoningDelta if block.kind == THINKING else TextDelta
                events.append(delta(text, block.position))
        if event.logprobs is not None:
            events.append(LogprobsDelta(read_logprobs(event.logprobs, self._warnings)))
        return events

    def _extend_plan(self, text: str | None) -> Sequence[StreamEvent]:
        if not text:
            return ()
        self._plan.append(text)
        return (ReasoningDelta(text),)

    def _call(self, index: int | None, message: WireMessage) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        for wire in calls_of(message):
            call = self._calls[index] = _Call(call_of(wire), self._next())
            self._has_calls = True
            events.append(ToolCallStart(call.start.id, call.start.name, call.position))
        return [*events, *self._arguments(index, message)]

    def _arguments(self, index: int | None, message: WireMessage) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        for wire in calls_of(message):
            call, text = self._calls.get(index), wire.function and wire.function.arguments
            if call is not None and text:
                call.chunks.append(text)
                events.append(ToolCallDelta(text, call.position))
        return events

    def _next(self) -> int:
        self._count += 1
        return self._count - 1

    def _end(self, delta: WireDelta, data: bytes) -> list[StreamEvent]:
        self._ended = True
        if failure := failed_generation(delta.finish_reason, delta.error, data):
            raise failure
        payload = msgspec.Raw(b"[" + b",".join(self._frames) + b"]")
        return [
            *self._completed_parts(),
            UsageUpdate(read_usage(delta.usage, self._warnings)),
            self._stream_end(delta.finish_reason, payload),
        ]

    def _stream_end(self, reason: str | None, payload: msgspec.Raw) -> StreamEnd:
        return StreamEnd(
            finish_reason=finish_reason(reason, FINISH_REASONS, calls=self._has_calls),
            raw_finish_reason=reason,
            warnings=tuple(dict.fromkeys(self._warnings)),
            payload=payload,
        )

    def _completed_parts(self) -> Iterator[StreamEvent]:
        if self._plan:
            yield PartEnd(reasoning(PLAN, "".join(self._plan)))
        blocks = sorted(self._blocks.items(), key=_index)
        citations = by_content(self._citations, [block.kind for _, block in blocks])
        for index, block in blocks:
            text = "".join(block.chunks)
            for part in parts_of(block.kind, text, citations.get(index or 0, ())):
                if not isinstance(part, TextPart) or part.citations:
                    yield PartEnd(part, block.position)
        for call in self._calls.values():  # the response was cut off
            yield call.end()


def _index(item: tuple[int | None, _Block]) -> int:
    return item[0] or 0

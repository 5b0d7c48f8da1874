"""Turns the events of a stream into neutral ones, one after the other.

A text is complete when the answer is: what it cites may be told after its end.
"""

from collections.abc import Iterator, Sequence

import msgspec

from chatmodels.core import (
    ChatRequest,
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
from chatmodels.http import Frame
from chatmodels.http.wire import NOT_JSON, Json, answer_tool, warn
from chatmodels.providers.cohere._failure import failed_generation, reject
from chatmodels.providers.cohere._response import (
    FORCED,
    NO_ARGUMENTS,
    PLAN,
    THINKING,
    by_content,
    call_of,
    calls_of,
    contents_of,
    normalised,
    part_of,
    read_logprobs,
    read_usage,
    reasoning,
    words,
)
from chatmodels.providers.cohere._wire import (
    WireDelta,
    WireEvent,
    WireMessage,
    event_decoder,
)

_NO_DELTA = WireDelta()
_NO_MESSAGE = WireMessage()


class _Block:
    """A block of content that is not complete yet."""

    __slots__ = ("kind", "pieces", "position")

    def __init__(self, kind: str | None, position: int) -> None:
        self.kind = kind
        self.pieces: list[str] = []
        self.position = position


class _Call:
    """A tool call that is not complete yet."""

    __slots__ = ("answer", "pieces", "position", "start")

    def __init__(self, start: ToolCall | TextPart, position: int) -> None:
        self.start = start
        self.pieces: list[str] = []
        self.position = position

    def end(self) -> StreamEvent:
        arguments = "".join(self.pieces) or NO_ARGUMENTS
        if isinstance(self.start, TextPart):
            return PartEnd(TextPart(arguments), self.position)
        call = ToolCall(self.start.id, self.start.name, arguments)
        return ToolCallEnd(call, self.position)


class ChatV2Decoder:
    """Turns the frames of one stream into events.

    Args:
        request: What the stream answers.
    """

    def __init__(self, request: ChatRequest) -> None:
        self._answer = answer_tool(request)
        self._frames: list[bytes] = []
        self._plan: list[str] = []
        self._blocks: dict[int | None, _Block] = {}
        self._citations: list[Json] = []
        self._calls: dict[int | None, _Call] = {}
        self._called = False
        self._count = 1  # of the parts; the first place is the plan's
        self._warnings: list[str] = []
        self._ended = False

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Take one frame in and give the events that it causes.

        Raises:
            ChatModelError: The frame tells of an error, or is not of this wire format.
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
                return self._more_plan(message.tool_plan)
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
            case _:  # `content-end`, `citation-end`, `debug`, and what there will be
                return ()

    def close(self) -> Sequence[StreamEvent]:
        """Give nothing: the vendor tells the end, or the answer is incomplete."""
        return ()

    def _content(self, event: WireEvent, message: WireMessage) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        for content in contents_of(message):
            block = self._blocks.get(event.index)
            if block is None or event.type == "content-start":
                block = self._blocks[event.index] = _Block(content.type, self._next())
            if text := words(content):
                block.pieces.append(text)
                said = ReasoningDelta if block.kind == THINKING else TextDelta
                events.append(said(text, block.position))
        if event.logprobs is not None:
            events.append(LogprobsDelta(read_logprobs(event.logprobs, self._warnings)))
        return events

    def _more_plan(self, text: str | None) -> Sequence[StreamEvent]:
        if not text:
            return ()
        self._plan.append(text)
        return (ReasoningDelta(text),)

    def _call(self, index: int | None, message: WireMessage) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        for wire in calls_of(message):
            call = _Call(call_of(wire, self._answer), self._next())
            self._calls[index] = call
            if isinstance(call.start, ToolCall):
                self._called = True
                events.append(ToolCallStart(call.start.id, call.start.name, call.position))
            else:
                warn(FORCED, self._warnings)
        return [*events, *self._arguments(index, message)]

    def _arguments(self, index: int | None, message: WireMessage) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        for wire in calls_of(message):
            call, text = self._calls.get(index), wire.function and wire.function.arguments
            if call is not None and text:
                call.pieces.append(text)
                said = ToolCallDelta if isinstance(call.start, ToolCall) else TextDelta
                events.append(said(text, call.position))
        return events

    def _next(self) -> int:
        self._count += 1
        return self._count - 1

    def _end(self, delta: WireDelta, data: bytes) -> list[StreamEvent]:
        self._ended = True
        if failure := failed_generation(delta.finish_reason, delta.error, data):
            raise failure
        return [
            *self._whole_parts(),
            UsageUpdate(read_usage(delta.usage, self._warnings)),
            StreamEnd(
                finish_reason=normalised(delta.finish_reason, calls=self._called),
                raw_finish_reason=delta.finish_reason,
                warnings=tuple(self._warnings),
                payload=msgspec.Raw(b"[" + b",".join(self._frames) + b"]"),
            ),
        ]

    def _whole_parts(self) -> Iterator[StreamEvent]:
        if self._plan:
            yield PartEnd(reasoning(PLAN, "".join(self._plan)))
        blocks = sorted(self._blocks.items(), key=_index)
        cited = by_content(self._citations, [block.kind for _, block in blocks])
        for index, block in blocks:
            for part in part_of(block.kind, "".join(block.pieces), cited.get(index or 0, ())):
                if not isinstance(part, TextPart) or part.citations:
                    yield PartEnd(part, block.position)
        for call in self._calls.values():  # cut off with the answer
            yield call.end()


def _index(item: tuple[int | None, _Block]) -> int:
    return item[0] or 0

"""Decoder of responses, whole and streamed."""

from collections.abc import Iterator, Sequence

import msgspec

from chatmodels.core import (
    ChatRequest,
    LogprobsDelta,
    PartEnd,
    ReasoningDelta,
    ReasoningPart,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    TextPart,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageUpdate,
)
from chatmodels.http import Frame
from chatmodels.http.wire import NOT_JSON, Json, finish_reason
from chatmodels.providers.ollama._errors import reject
from chatmodels.providers.ollama._reasoning import SplitText, ThinkSplitter
from chatmodels.providers.ollama._response import (
    FINISH_REASONS,
    REASONING_STATE,
    first_warnings,
    read_call,
    read_logprobs,
    read_usage,
)
from chatmodels.providers.ollama._wire import WireChunk, WireMessage, chunk_decoder

_REASONING, _TEXT, _CALLS = 0, 1, 2
"""The indices of reasoning, text and the first tool call."""


class ChatDecoder:
    """Stateful decoder of one response into events.

    Args:
        request: The request that is responded to.
    """

    def __init__(self, request: ChatRequest) -> None:
        self._frames: list[bytes] = []
        self._splitter = ThinkSplitter()
        self._reasoning: list[str] = []
        self._calls = 0
        self._created: Json = None
        self._has_message = False
        self._warnings = first_warnings(request)
        self._ended = False

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Process one line and return its events.

        Raises:
            ChatModelError: The line reports an error, or does not have this wire format.
        """
        if self._ended:
            return ()
        data = frame.data
        try:
            chunk = chunk_decoder.decode(data)
            if chunk.error:
                reject(data, "an error")
            events: list[StreamEvent] = []
            if not self._frames:
                self._created = chunk.created_at
                events.append(StreamStart(model=chunk.model))
            self._frames.append(data)
            if chunk.message is not None:
                self._has_message = True
                events += self._extend(chunk.message)
        except NOT_JSON as error:
            reject(data, error)
        if chunk.logprobs is not None:
            events.append(LogprobsDelta(read_logprobs(chunk.logprobs, self._warnings)))
        if chunk.done:
            if not self._has_message:
                reject(data, "it has no message")
            events += self._end(chunk)
        return events

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that is not streamed: its parts are complete.

        Raises:
            ChatModelError: The body reports an error or is not a response.
        """
        try:
            wire = chunk_decoder.decode(body)
            if wire.error or wire.message is None:
                reject(body, "it has no message")
            calls: list[StreamEvent] = []
            for call in wire.message.tool_calls or ():
                number = len(calls)
                part = read_call(call, number, wire.created_at)
                calls.append(ToolCallEnd(part, _CALLS + number))
        except NOT_JSON as error:
            reject(body, error)
        first, rest = self._splitter.feed(wire.message.content or ""), self._splitter.close()
        reasoning = (wire.message.thinking or "") + first.reasoning + rest.reasoning
        events: list[StreamEvent] = [StreamStart(model=wire.model)]
        if reasoning:
            events.append(PartEnd(ReasoningPart(reasoning, REASONING_STATE), _REASONING))
        if text := first.text + rest.text:
            events.append(PartEnd(TextPart(text), _TEXT))
        events += calls
        if wire.logprobs is not None:
            events.append(LogprobsDelta(read_logprobs(wire.logprobs, self._warnings)))
        self._calls = len(calls)
        events.append(UsageUpdate(read_usage(wire)))
        events.append(self._stream_end(wire, msgspec.Raw(body)))
        return events

    def close(self) -> Sequence[StreamEvent]:
        """Return no events: without a last line with `done` the response is incomplete."""
        return ()

    def _extend(self, message: WireMessage) -> Iterator[StreamEvent]:
        if message.thinking:
            yield self._reasoning_delta(message.thinking)
        if message.content:
            yield from self._split(self._splitter.feed(message.content))
        for wire in message.tool_calls or ():
            call = read_call(wire, self._calls, self._created)
            index = _CALLS + self._calls
            self._calls += 1
            yield ToolCallStart(call.id, call.name, index)
            yield ToolCallDelta(call.arguments_json, index)
            yield ToolCallEnd(call, index)

    def _split(self, split: SplitText) -> Iterator[StreamEvent]:
        if split.reasoning:
            yield self._reasoning_delta(split.reasoning)
        if split.text:
            yield TextDelta(split.text, _TEXT)

    def _reasoning_delta(self, text: str) -> ReasoningDelta:
        self._reasoning.append(text)
        return ReasoningDelta(text, _REASONING)

    def _end(self, chunk: WireChunk) -> Iterator[StreamEvent]:
        self._ended = True
        yield from self._split(self._splitter.close())
        if self._reasoning:
            part = ReasoningPart("".join(self._reasoning), REASONING_STATE)
            yield PartEnd(part, _REASONING)
        yield UsageUpdate(read_usage(chunk))
        yield self._stream_end(chunk, msgspec.Raw(b"[" + b",".join(self._frames) + b"]"))

    def _stream_end(self, chunk: WireChunk, payload: msgspec.Raw) -> StreamEnd:
        reason = chunk.done_reason
        return StreamEnd(
            finish_reason=finish_reason(reason, FINISH_REASONS, calls=self._calls > 0),
            raw_finish_reason=reason,
            warnings=tuple(self._warnings),
            payload=payload,
        )

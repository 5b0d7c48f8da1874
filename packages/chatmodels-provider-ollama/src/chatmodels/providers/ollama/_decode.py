"""Turns a response, whole or in chunks, into events."""

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
from chatmodels.providers.ollama._reasoning import Said, ThinkSplitter
from chatmodels.providers.ollama._response import (
    FINISH_REASONS,
    THOUGHT,
    first_warnings,
    read_call,
    read_logprobs,
    read_usage,
)
from chatmodels.providers.ollama._wire import WireChunk, WireMessage, chunk_decoder

_THOUGHT, _TEXT, _CALLS = 0, 1, 2
"""Where the parts stand: thoughts, text, tool calls, as in a whole answer."""


class ChatDecoder:
    """Turns one response into events.

    Args:
        request: The request that it responds to.
    """

    def __init__(self, request: ChatRequest) -> None:
        self._frames: list[bytes] = []
        self._splitter = ThinkSplitter()
        self._thoughts: list[str] = []
        self._calls = 0
        self._created: Json = None
        self._said = False
        self._warnings = first_warnings(request)
        self._ended = False

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Take one line in and give the events that it causes.

        Raises:
            ChatModelError: The line tells of an error, or is not of this wire format.
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
                self._said = True
                events += self._more(chunk.message)
        except NOT_JSON as error:
            reject(data, error)
        if chunk.logprobs is not None:
            events.append(LogprobsDelta(read_logprobs(chunk.logprobs, self._warnings)))
        if chunk.done:
            if not self._said:
                reject(data, "it has no message")
            events += self._end(chunk)
        return events

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that arrived whole: its parts are complete.

        Raises:
            ChatModelError: The body reports an error or is not a response.
        """
        try:
            wire = chunk_decoder.decode(body)
            if wire.error or wire.message is None:
                reject(body, "it has no message")
            calls: list[StreamEvent] = []
            for call in wire.message.tool_calls or ():
                place = len(calls)
                calls.append(ToolCallEnd(read_call(call, place, wire.created_at), _CALLS + place))
        except NOT_JSON as error:
            reject(body, error)
        said, rest = self._splitter.feed(wire.message.content or ""), self._splitter.close()
        thought = (wire.message.thinking or "") + said.thought + rest.thought
        events: list[StreamEvent] = [StreamStart(model=wire.model)]
        if thought:
            events.append(PartEnd(ReasoningPart(thought, THOUGHT), _THOUGHT))
        if text := said.text + rest.text:
            events.append(PartEnd(TextPart(text), _TEXT))
        events += calls
        if wire.logprobs is not None:
            events.append(LogprobsDelta(read_logprobs(wire.logprobs, self._warnings)))
        self._calls = len(calls)
        events.append(UsageUpdate(read_usage(wire)))
        events.append(self._last(wire, msgspec.Raw(body)))
        return events

    def close(self) -> Sequence[StreamEvent]:
        """Give nothing: the last line tells the end, or the answer is incomplete."""
        return ()

    def _more(self, message: WireMessage) -> Iterator[StreamEvent]:
        if message.thinking:
            yield self._thought(message.thinking)
        if message.content:
            yield from self._split(self._splitter.feed(message.content))
        for wire in message.tool_calls or ():
            call = read_call(wire, self._calls, self._created)
            place = _CALLS + self._calls
            self._calls += 1
            yield ToolCallStart(call.id, call.name, place)
            yield ToolCallDelta(call.arguments_json, place)
            yield ToolCallEnd(call, place)

    def _split(self, said: Said) -> Iterator[StreamEvent]:
        if said.thought:
            yield self._thought(said.thought)
        if said.text:
            yield TextDelta(said.text, _TEXT)

    def _thought(self, text: str) -> ReasoningDelta:
        self._thoughts.append(text)
        return ReasoningDelta(text, _THOUGHT)

    def _end(self, chunk: WireChunk) -> Iterator[StreamEvent]:
        self._ended = True
        yield from self._split(self._splitter.close())
        if self._thoughts:
            yield PartEnd(ReasoningPart("".join(self._thoughts), THOUGHT), _THOUGHT)
        yield UsageUpdate(read_usage(chunk))
        yield self._last(chunk, msgspec.Raw(b"[" + b",".join(self._frames) + b"]"))

    def _last(self, chunk: WireChunk, payload: msgspec.Raw) -> StreamEnd:
        word = chunk.done_reason
        return StreamEnd(
            finish_reason=finish_reason(word, FINISH_REASONS, calls=self._calls > 0),
            raw_finish_reason=word,
            warnings=tuple(self._warnings),
            payload=payload,
        )

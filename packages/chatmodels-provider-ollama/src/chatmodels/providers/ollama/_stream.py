"""Turns the chunks of a stream into events, one after the other."""

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
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageUpdate,
)
from chatmodels.http import Frame
from chatmodels.http.wire import NOT_JSON, Json
from chatmodels.providers.ollama._failure import reject
from chatmodels.providers.ollama._response import (
    THOUGHT,
    first_warnings,
    normalised,
    read_call,
    read_logprobs,
    read_usage,
)
from chatmodels.providers.ollama._think import Said, ThinkSplitter
from chatmodels.providers.ollama._wire import WireChunk, WireMessage, chunk_decoder

_THOUGHT, _TEXT, _CALLS = 0, 1, 2
"""Where the parts stand: thoughts, text, tool calls, as in a whole answer."""


class ChatDecoder:
    """Turns the lines of one stream into events.

    Args:
        request: What the stream answers.
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
        yield StreamEnd(
            finish_reason=normalised(chunk.done_reason, calls=self._calls > 0),
            raw_finish_reason=chunk.done_reason,
            warnings=tuple(self._warnings),
            payload=msgspec.Raw(b"[" + b",".join(self._frames) + b"]"),
        )

"""Decoder of responses, whole and streamed: a state machine that is fed one frame at a time.

Text blocks do not have a start event. `metadata` arrives after `messageStop`, before it, or not at
all. Errors arrive as messages that are not events.
"""

from collections.abc import Mapping, Sequence
from typing import NoReturn

import msgspec

from chatmodels.core import (
    ChatRequest,
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
from chatmodels.http import Frame, HttpFailure
from chatmodels.http.wire import NO_REASON, NOT_JSON, finish_reason, warn
from chatmodels.providers.bedrock._block_builder import BlockBuilder, Kind, Start, kind_of
from chatmodels.providers.bedrock._blocks import part_of
from chatmodels.providers.bedrock._errors import TYPE_HEADER, read_failure
from chatmodels.providers.bedrock._response import (
    FINISH_REASONS,
    read_service_tier,
    read_usage,
    reject,
)
from chatmodels.providers.bedrock._wire import (
    WireEvent,
    block_decoder,
    event_decoder,
    response_decoder,
)


class ConverseDecoder:
    """Stateful decoder of one response into events."""

    def __init__(self, _request: ChatRequest, /) -> None:
        self._frames: list[bytes] = []
        self._open: dict[int | None, BlockBuilder] = {}
        self._count = 0
        self._calls = False
        self._raw_reason: str | None = None
        self._tier: str | None = None
        self._has_metadata = False
        self._warnings: list[str] = []
        self._ended = False

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Process one frame and return its events.

        Raises:
            ChatModelError: The frame reports an error, or does not have this wire format.
        """
        if self._ended:
            return ()
        headers = frame.headers or {}
        if headers.get(":message-type", "event") != "event":
            _raise_error(frame, headers)
        data = frame.data
        events: list[StreamEvent] = [] if self._frames else [StreamStart()]
        try:
            event = event_decoder.decode(data)
            self._frames.append(b"{%b:%b}" % (msgspec.json.encode(frame.event), data))
            match frame.event:
                case "contentBlockDelta":
                    events += self._extend(event, data)
                case "contentBlockStart":
                    events += self._begin(event)
                case "contentBlockStop":
                    events += self._stop(event.content_block_index)
                case "messageStop":
                    self._raw_reason = event.stop_reason or ""
                    events += self._stop_all()
                case "metadata":
                    self._has_metadata = True
                    self._tier = read_service_tier(event.service_tier)
                    events.append(UsageUpdate(read_usage(event.usage, self._warnings)))
                case _:  # `messageStart`, and future types of events
                    pass
        except NOT_JSON as error:
            reject(data, error)
        return (
            [*events, *self._end()]
            if self._has_metadata and self._raw_reason is not None
            else events
        )

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that is not streamed: its parts are complete.

        Raises:
            ChatModelError: The body reports an error or is not a response.
        """
        try:
            wire = response_decoder.decode(body)
            events: list[StreamEvent] = [StreamStart()]
            for raw in wire.output.message.content:
                self._complete(raw, events)
        except NOT_JSON as error:
            reject(body, error)
        if len(events) == 1 and wire.stop_reason is None:
            reject(body, "it has no content")
        events.append(UsageUpdate(read_usage(wire.usage, self._warnings)))
        self._raw_reason, self._tier = wire.stop_reason, read_service_tier(wire.service_tier)
        events.append(self._stream_end(msgspec.Raw(body)))
        return events

    def close(self) -> Sequence[StreamEvent]:
        """Return the end if a finish reason arrived without the usage."""
        return self._end() if self._raw_reason is not None and not self._ended else ()

    def _complete(self, raw: msgspec.Raw, events: list[StreamEvent]) -> None:
        part = part_of(block_decoder.decode(raw), lambda: msgspec.json.decode(raw))
        position = self._count
        self._count += 1
        if type(part) is ToolCall:
            self._calls = True
            events.append(ToolCallEnd(part, position))
        elif part is not None:
            events.append(PartEnd(part, position))

    def _begin(self, event: WireEvent) -> list[StreamEvent]:
        index = event.content_block_index
        events = self._stop(index)
        block = self._open_block(index, event.start or {})
        call = block.call
        if call is None:
            return events
        self._calls = True
        return [*events, ToolCallStart(call.tool_use_id or "", call.name or "", block.position)]

    def _extend(self, event: WireEvent, data: bytes) -> list[StreamEvent]:
        index, delta = event.content_block_index, event.delta
        if delta is None:
            reject(data, "a block delta without content")
        block = self._open.get(index)
        events: list[StreamEvent] = []
        if block is None or (not block.has_start and block.kind != kind_of(delta)):
            events += self._stop(index)
            block = self._open_block(index, {}, kind_of(delta))
        text = block.add(delta, data)
        if text:
            events.append(_delta(block, text))
        return events

    def _open_block(self, index: int | None, start: Start, kind: Kind = "text") -> BlockBuilder:
        block = self._open[index] = BlockBuilder(start, kind, self._count)
        self._count += 1
        return block

    def _stop(self, index: int | None) -> list[StreamEvent]:
        block = self._open.pop(index, None)
        if block is None:
            return []
        part = part_of(block.wire(), block.raw)
        if isinstance(part, ToolCall):
            return [ToolCallEnd(part, block.position)]
        plain = isinstance(part, TextPart) and part.signature is None
        return [] if part is None or plain else [PartEnd(part, block.position)]

    def _stop_all(self) -> list[StreamEvent]:
        return [event for index in list(self._open) for event in self._stop(index)]

    def _end(self) -> list[StreamEvent]:
        if not self._raw_reason and not self._count:
            reject(b"", "it has no content")
        self._ended = True
        payload = msgspec.Raw(b"[" + b",".join(self._frames) + b"]")
        return [*self._stop_all(), self._stream_end(payload)]

    def _stream_end(self, payload: msgspec.Raw) -> StreamEnd:
        if not self._raw_reason:
            warn(NO_REASON, self._warnings)
        return StreamEnd(
            finish_reason=finish_reason(self._raw_reason, FINISH_REASONS, calls=self._calls),
            raw_finish_reason=self._raw_reason or None,
            service_tier=self._tier,
            warnings=tuple(self._warnings),
            payload=payload,
        )


def _delta(block: BlockBuilder, text: str) -> StreamEvent:
    match block.kind:
        case "reasoning" | "redacted":
            return ReasoningDelta(text, block.position)
        case "call":
            return ToolCallDelta(text, block.position)
        case _:
            return TextDelta(text, block.position)


def _raise_error(frame: Frame, headers: Mapping[str, str]) -> NoReturn:
    """Raise the error of a message that is not an event: an exception, or a framing error.

    Raises:
        ChatModelError: Always.
    """
    error = {"message": headers.get(":error-message", "")}
    body = frame.data or msgspec.json.encode(error)
    raise read_failure(HttpFailure(status=200, headers={TYPE_HEADER: frame.event}, body=body))

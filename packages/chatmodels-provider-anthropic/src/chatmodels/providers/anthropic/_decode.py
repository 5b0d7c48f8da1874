"""Decoder of responses, whole and streamed: a state machine that is fed one frame at a time.

A whole response is a message that is complete when it starts. In a stream, `message_start` can
also contain blocks and the finish reason, for example when code in Anthropic's sandbox calls a
tool. The usage of `message_delta` overrides that of `message_start`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from chatmodels.core import (
    ChatRequest,
    PartEnd,
    ReasoningDelta,
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
from chatmodels.http import Frame
from chatmodels.http.wire import (
    NO_REASON,
    NOT_JSON,
    Json,
    finish_reason,
    is_object,
    warn,
)
from chatmodels.providers.anthropic._blocks import part_of
from chatmodels.providers.anthropic._response import (
    FINISH_REASONS,
    read_usage,
    refusal_of,
    refused,
    reject,
    tier_of,
    usage_of,
)
from chatmodels.providers.anthropic._wire import (
    NO_USAGE,
    NOTHING,
    WireBlock,
    WireDelta,
    WireEvent,
    WireMessage,
    block_decoder,
    event_decoder,
    message_decoder,
)


class _Block:
    """A content block that is not complete yet."""

    __slots__ = ("chunks", "citations", "fields", "position", "raw", "start")

    def __init__(self, raw: msgspec.Raw, position: int) -> None:
        self.raw = raw
        self.start = block_decoder.decode(raw)
        self.position = position
        self.chunks: dict[str, list[str]] = {}
        self.citations: list[Json] = []
        self.fields: dict[str, Json] = {}  # from deltas of types that chatmodels does not know

    def add(self, field: str, text: str) -> None:
        self.chunks.setdefault(field, []).append(text)

    def whole(self) -> WireBlock:
        changes: dict[str, Any] = {
            field: (getattr(self.start, field) or "") + "".join(chunks)
            for field, chunks in self.chunks.items()
            if field != "input"
        }
        if self.citations:
            changes["citations"] = [*(self.start.citations or ()), *self.citations]
        if arguments := "".join(self.chunks.get("input", ())):
            changes["input"] = msgspec.Raw(arguments.encode())
        return msgspec.structs.replace(self.start, **changes)

    def whole_raw(self) -> Json:
        block: dict[str, Json] = msgspec.json.decode(self.raw)
        block |= self.fields
        arguments = "".join(self.chunks.get("input", ()))
        if arguments:
            try:
                block["input"] = msgspec.json.decode(arguments)
            except NOT_JSON:  # the response was cut off
                block["input"] = {}
        return block


class MessagesDecoder:
    """Stateful decoder of one response into events."""

    __slots__ = (
        "_calls",
        "_count",
        "_ended",
        "_frames",
        "_open",
        "_raw_reason",
        "_tier",
        "_unsigned",
        "_usage",
        "_warnings",
    )

    def __init__(self, _request: ChatRequest, /, *, unsigned: bool = False) -> None:
        """Initialize the decoder.

        Args:
            _request: The request; the response does not depend on it.
            unsigned: Whether the server accepts thinking in requests without a signature.
        """
        self._unsigned = unsigned
        self._frames: list[bytes] = []
        self._open: dict[int | None, _Block] = {}
        self._count = 0
        self._calls = False
        self._raw_reason: str | None = None
        self._usage: dict[str, Json] = {}
        self._tier: str | None = None
        self._warnings: list[str] = []
        self._ended = False

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Process one frame and return its events.

        Raises:
            ChatModelError: The frame reports an error, or does not have this wire format.
        """
        data = frame.data
        if self._ended or not data:
            return ()
        if data.startswith(b"[DONE]"):  # added by gateways to the streams of every vendor
            return self.close()
        try:
            event = event_decoder.decode(data)
            self._frames.append(data)
            match event.type:
                case "content_block_delta":
                    return self._extend(event, data)
                case "content_block_start":
                    return self._begin(event.content_block, event.index)
                case "content_block_stop":
                    return self._stop(event.index)
                case "message_start":
                    return self._start(event.message or WireMessage())
                case "message_delta":
                    return self._change(event.delta or WireDelta(), event.usage)
                case "message_stop":
                    return self._end(data)
                case "error":
                    reject(data, "an error without a message")
                case _:  # `ping`, and future types of events
                    return ()
        except NOT_JSON as error:
            reject(data, error)

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that is not streamed: its parts are complete.

        Raises:
            ChatModelError: The body reports an error or is not a message.
        """
        try:
            message = message_decoder.decode(body)
            if message.content is None or (not message.content and message.stop_reason is None):
                reject(body, "it has no content")
            events: list[StreamEvent] = [StreamStart(message.id, message.model)]
            for raw in message.content:
                self._complete(raw, events)
            if message.stop_details is not None:
                if refusal := refusal_of(message.stop_details):
                    events.append(PartEnd(RefusalPart(refusal), self._count))
                refused(message.stop_details, self._warnings)
            self._raw_reason = message.stop_reason
            if message.usage != NO_USAGE:
                events.append(self._usage_update(message.usage))
        except NOT_JSON as error:
            reject(body, error)
        events.append(self._stream_end(msgspec.Raw(body)))
        return events

    def close(self) -> Sequence[StreamEvent]:
        """Return the end if a finish reason arrived without a terminal event."""
        if not self._raw_reason or self._ended:
            return ()
        try:
            return self._end(b"")
        except NOT_JSON as error:
            reject(self._frames[-1], error)

    def _start(self, message: WireMessage) -> list[StreamEvent]:
        events: list[StreamEvent] = [StreamStart(message.id, message.model)]
        for raw in message.content or ():
            events += self._begin(raw, None)
            events += self._stop(None)
        delta = WireDelta(stop_reason=message.stop_reason, stop_details=message.stop_details)
        return events + self._change(delta, msgspec.json.decode(message.usage))

    def _complete(self, raw: msgspec.Raw, events: list[StreamEvent]) -> None:
        block = block_decoder.decode(raw)
        part = part_of(block, lambda: msgspec.json.decode(raw), unsigned=self._unsigned)
        position = self._count
        self._count += 1
        if type(part) is ToolCall:
            self._calls = True
            events.append(ToolCallEnd(part, position))
        elif part is not None:
            events.append(PartEnd(part, position))

    def _begin(self, raw: msgspec.Raw, index: int | None) -> list[StreamEvent]:
        block = _Block(raw, self._count)
        events = self._stop(index)
        self._open[index] = block
        self._count += 1
        start, position = block.start, block.position
        match start.type:
            case "text" if start.text:
                events.append(TextDelta(start.text, position))
            case "thinking" if start.thinking:
                events.append(ReasoningDelta(start.thinking, position))
            case "tool_use":
                self._calls = True
                events.append(ToolCallStart(start.id or "", start.name or "", position))
            case _:
                pass
        return events

    def _extend(self, event: WireEvent, data: bytes) -> Sequence[StreamEvent]:
        block, delta = self._open.get(event.index), event.delta
        if block is None or delta is None:
            reject(data, "a delta of a block that has not started")
        match delta.type:
            case "text_delta":
                text = delta.text or ""
                block.add("text", text)
                return (TextDelta(text, block.position),)
            case "thinking_delta":
                text = delta.thinking or ""
                block.add("thinking", text)
                return (ReasoningDelta(text, block.position),)
            case "input_json_delta":
                text = delta.partial_json or ""
                block.add("input", text)
                if not text or block.start.type != "tool_use":
                    return ()
                return (ToolCallDelta(text, block.position),)
            case "signature_delta":
                block.add("signature", delta.signature or "")
            case "citations_delta":
                block.citations.append(delta.citation)
            case _:
                self._extend_unknown(block, msgspec.json.decode(data)["delta"])
        return ()

    def _extend_unknown(self, block: _Block, delta: dict[str, Json]) -> None:
        for field, value in delta.items():
            previous: Json = block.fields.get(field, "")
            texts = isinstance(previous, str) and isinstance(value, str)
            if field != "type":
                block.fields[field] = previous + value if texts else value

    def _stop(self, index: int | None) -> list[StreamEvent]:
        block = self._open.pop(index, None)
        if block is None:
            return []
        position, streamed = block.position, "input" in block.chunks
        part = part_of(block.whole(), block.whole_raw, unsigned=self._unsigned)
        if isinstance(part, ToolCall):
            events: list[StreamEvent] = []
            if not streamed and block.start.input != NOTHING:
                events.append(ToolCallDelta(part.arguments_json, position))
            return [*events, ToolCallEnd(part, position)]
        plain = isinstance(part, TextPart) and part.signature is None
        return [] if part is None or plain else [PartEnd(part, position)]

    def _change(self, delta: WireDelta, usage: Json) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if delta.stop_reason is not None:
            for index in list(self._open):
                events += self._stop(index)
        if refusal := refusal_of(delta.stop_details):
            events.append(RefusalDelta(refusal, self._count))
        refused(delta.stop_details, self._warnings)
        return events + self._finish(delta.stop_reason, usage)

    def _finish(self, reason: str | None, usage: Json) -> list[StreamEvent]:
        if reason is not None:
            self._raw_reason = reason
        if not is_object(usage):
            return []
        if not self._usage:
            self._usage = usage
        else:
            # Some gateways report zeros at the end; the earlier counts are kept.
            zeros = usage.get("input_tokens") == 0 and self._usage.get("input_tokens")
            for name, value in usage.items():
                if value is not None and not (zeros and name.endswith("input_tokens")):
                    self._usage[name] = value
        return [self._usage_update(self._usage)]

    def _usage_update(self, usage: Json) -> UsageUpdate:
        wire = read_usage(usage, self._warnings)
        self._tier = tier_of(wire)
        return UsageUpdate(usage_of(wire))

    def _end(self, data: bytes) -> list[StreamEvent]:
        if self._raw_reason is None and not self._count:
            reject(data, "it has no content")
        self._ended = True
        events = [event for index in list(self._open) for event in self._stop(index)]
        payload = msgspec.Raw(b"[" + b",".join(self._frames) + b"]")
        return [*events, self._stream_end(payload)]

    def _stream_end(self, payload: msgspec.Raw) -> StreamEnd:
        if self._raw_reason is None:
            warn(NO_REASON, self._warnings)
        return StreamEnd(
            finish_reason=finish_reason(self._raw_reason, FINISH_REASONS, calls=self._calls),
            raw_finish_reason=self._raw_reason,
            service_tier=self._tier,
            warnings=tuple(self._warnings),
            payload=payload,
        )

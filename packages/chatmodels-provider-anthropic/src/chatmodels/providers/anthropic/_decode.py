"""Reads responses, whole and streamed: a state machine that is fed one frame at a time.

A whole response is a message that is complete when it begins. In a stream, too, blocks and the
reason of the end may already be in `message_start`, as when code in the vendor's sandbox calls a
tool. The usage of `message_delta` corrects that of `message_start`.
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
    text_or_none,
    warn,
)
from chatmodels.providers.anthropic._blocks import part_of
from chatmodels.providers.anthropic._response import (
    FINISH_REASONS,
    read_usage,
    refusal_of,
    refused,
    reject,
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
    """A block that is not complete yet."""

    __slots__ = ("citations", "more", "pieces", "position", "raw", "start")

    def __init__(self, raw: msgspec.Raw, position: int) -> None:
        self.raw = raw
        self.start = block_decoder.decode(raw)
        self.position = position
        self.pieces: dict[str, list[str]] = {}
        self.citations: list[Json] = []
        self.more: dict[str, Json] = {}  # what deltas of the vendor's own blocks said

    def add(self, field: str, text: str) -> None:
        self.pieces.setdefault(field, []).append(text)

    def whole(self) -> WireBlock:
        changes: dict[str, Any] = {
            field: (getattr(self.start, field) or "") + "".join(pieces)
            for field, pieces in self.pieces.items()
            if field != "input"
        }
        if self.citations:
            changes["citations"] = [*(self.start.citations or ()), *self.citations]
        if arguments := "".join(self.pieces.get("input", ())):
            changes["input"] = msgspec.Raw(arguments.encode())
        return msgspec.structs.replace(self.start, **changes)

    def kept(self) -> Json:
        block: dict[str, Json] = msgspec.json.decode(self.raw)
        block |= self.more
        arguments = "".join(self.pieces.get("input", ()))
        if arguments:
            try:
                block["input"] = msgspec.json.decode(arguments)
            except NOT_JSON:  # cut off with the answer
                block["input"] = {}
        return block


class MessagesDecoder:
    """Turns one response into events."""

    __slots__ = (
        "_calls",
        "_count",
        "_ended",
        "_frames",
        "_open",
        "_tier",
        "_unsigned",
        "_usage",
        "_warnings",
        "_word",
    )

    def __init__(self, _request: ChatRequest, /, *, unsigned: bool = False) -> None:
        """Begin.

        Args:
            _request: The request; the response does not depend on it.
            unsigned: Whether the server takes thinking back that it did not sign.
        """
        self._unsigned = unsigned
        self._frames: list[bytes] = []
        self._open: dict[int | None, _Block] = {}
        self._count = 0
        self._calls = False
        self._word: str | None = None
        self._usage: dict[str, Json] = {}
        self._tier: str | None = None
        self._warnings: list[str] = []
        self._ended = False

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Take one frame in and give the events that it causes.

        Raises:
            ChatModelError: The frame reports an error, or is not of this wire format.
        """
        data = frame.data
        if self._ended or not data:
            return ()
        if data.startswith(b"[DONE]"):  # what gateways add to streams of every vendor
            return self.close()
        try:
            event = event_decoder.decode(data)
            self._frames.append(data)
            match event.type:
                case "content_block_delta":
                    return self._more(event, data)
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
                    reject(data, "an error without words")
                case _:  # `ping`, and what there will be
                    return ()
        except NOT_JSON as error:
            reject(data, error)

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that arrived whole: its parts are complete.

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
            self._word = message.stop_reason
            if message.usage != NO_USAGE:
                events.append(self._used(message.usage))
        except NOT_JSON as error:
            reject(body, error)
        events.append(self._last(msgspec.Raw(body)))
        return events

    def close(self) -> Sequence[StreamEvent]:
        """Give the end, if the vendor said why it ended but not that it did."""
        if not self._word or self._ended:
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

    def _more(self, event: WireEvent, data: bytes) -> Sequence[StreamEvent]:
        block, delta = self._open.get(event.index), event.delta
        if block is None or delta is None:
            reject(data, "more of a block that has not begun")
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
                self._more_of_its_own(block, msgspec.json.decode(data)["delta"])
        return ()

    def _more_of_its_own(self, block: _Block, delta: dict[str, Json]) -> None:
        for field, value in delta.items():
            known: Json = block.more.get(field, "")
            texts = isinstance(known, str) and isinstance(value, str)
            if field != "type":
                block.more[field] = known + value if texts else value

    def _stop(self, index: int | None) -> list[StreamEvent]:
        block = self._open.pop(index, None)
        if block is None:
            return []
        position, streamed = block.position, "input" in block.pieces
        part = part_of(block.whole(), block.kept, unsigned=self._unsigned)
        if isinstance(part, ToolCall):
            whole: list[StreamEvent] = []
            if not streamed and block.start.input != NOTHING:
                whole.append(ToolCallDelta(part.arguments_json, position))
            return [*whole, ToolCallEnd(part, position)]
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

    def _finish(self, word: str | None, usage: Json) -> list[StreamEvent]:
        if word is not None:
            self._word = word
        if not is_object(usage):
            return []
        if not self._usage:
            self._usage = usage
        else:
            # Gateways end streams with zeros; tokens that were used stay used.
            zeros = usage.get("input_tokens") == 0 and self._usage.get("input_tokens")
            for name, value in usage.items():
                if value is not None and not (zeros and name.endswith("input_tokens")):
                    self._usage[name] = value
        return [self._used(self._usage)]

    def _used(self, usage: Json) -> UsageUpdate:
        wire = read_usage(usage, self._warnings)
        self._tier = text_or_none(wire.service_tier)
        return UsageUpdate(usage_of(wire))

    def _end(self, data: bytes) -> list[StreamEvent]:
        if self._word is None and not self._count:
            reject(data, "it has no content")
        self._ended = True
        events = [event for index in list(self._open) for event in self._stop(index)]
        return [*events, self._last(msgspec.Raw(b"[" + b",".join(self._frames) + b"]"))]

    def _last(self, payload: msgspec.Raw) -> StreamEnd:
        if self._word is None:
            warn(NO_REASON, self._warnings)
        return StreamEnd(
            finish_reason=finish_reason(self._word, FINISH_REASONS, calls=self._calls),
            raw_finish_reason=self._word,
            service_tier=self._tier,
            warnings=tuple(self._warnings),
            payload=payload,
        )

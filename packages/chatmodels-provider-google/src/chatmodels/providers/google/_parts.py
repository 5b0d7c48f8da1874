"""Decoder of the parts of a response: text, tool calls, media, provider parts.

Adjacent texts of one kind are one part, up to a signature, which can arrive with an empty text
("Thought signatures"). Streamed parts therefore equal those of a whole response.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from chatmodels.core import (
    AudioDelta,
    AudioPart,
    Citation,
    FilePart,
    ImagePart,
    PartEnd,
    ProviderPart,
    ReasoningDelta,
    ReasoningPart,
    StreamEvent,
    TextDelta,
    TextPart,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from chatmodels.core.extending import ProviderState
from chatmodels.http.wire import Json
from chatmodels.providers.google._citations import ByteCitation, assign
from chatmodels.providers.google._partial import PartialArguments
from chatmodels.providers.google._wire import (
    NOTHING,
    STATE_FORMAT,
    WireBlob,
    WireFile,
    WireFunctionCall,
    WireFunctionResponse,
    WirePart,
    part_decoder,
)


class _Text:
    """A text or reasoning part that can still grow."""

    __slots__ = ("chunks", "index", "signature", "thought")

    def __init__(self, index: int, *, thought: bool) -> None:
        self.index = index
        self.thought = thought
        self.chunks: list[str] = []
        self.signature: ProviderState | None = None


class _Audio:
    """An audio part that can still grow."""

    __slots__ = ("chunks", "index", "media_type")

    def __init__(self, index: int, media_type: str) -> None:
        self.index = index
        self.media_type = media_type
        self.chunks: list[bytes] = []


class _Call:
    """A call with streamed arguments."""

    __slots__ = ("arguments", "signature", "start")

    def __init__(
        self, start: ToolCallStart, signature: ProviderState | None, initial: Json
    ) -> None:
        self.start = start
        self.signature = signature
        self.arguments = PartialArguments(initial)


class _PendingCall(NamedTuple):
    """A whole call for which a result from Google can still follow."""

    start: ToolCallStart
    arguments: str
    signature: ProviderState | None
    raw: bytes


class PartsReader:
    """Stateful decoder of the parts of one response into events.

    Attributes:
        id: The id of the response, from which ids for calls without an id are derived.
        count: The number of parts.
        calls: Whether there are tool calls.
    """

    def __init__(self) -> None:
        self.id: str | None = None
        self.count = 0
        self.calls = False
        self._open: _Text | _Audio | _Call | None = None
        self._texts: list[_Text] = []
        self._pending: list[_PendingCall] = []

    def add(self, raw: msgspec.Raw) -> Sequence[StreamEvent]:
        """Process a part, or a delta of one.

        Raises:
            ValueError: It is invalid, or does not match the earlier parts.
        """
        part = part_decoder.decode(raw)
        if part.text is not None:
            return self._text(part.text, part)
        if part.function_call is not None:
            return self._call(part.function_call, part, raw)
        if part.inline_data is not None and not part.thought:
            return self._medium(part.inline_data, part)
        if part.file_data is not None and not part.thought:
            return self._whole(_file_part(part.file_data, self._signature(part)))
        data = msgspec.json.decode(raw)
        if part.function_response is not None:
            return [*self._result(part.function_response), *self._whole(_provider_part(data))]
        if data.keys() <= {"thought", "thoughtSignature"}:
            return self._text("", part)
        return self._whole(_provider_part(data))

    def end(self, byte_citations: Sequence[ByteCitation]) -> list[StreamEvent]:
        """Return the events that depend on the complete response.

        Args:
            byte_citations: The citations of the response.
        """
        events = self._finish()
        for call in self._pending:
            self.calls = True
            events.append(call.start)
            events += self._call_end(call.start, call.arguments, call.signature, call.arguments)
        self._pending.clear()
        if byte_citations and not self._texts:
            # The sources belong to the response, which contains only an image or a call.
            self._texts.append(_Text(self._next(), thought=False))
        texts = ["".join(item.chunks) for item in self._texts]
        by_text: dict[int, tuple[Citation, ...]] = assign(texts, byte_citations) if texts else {}
        for number, item in enumerate(self._texts):
            citations = by_text.get(number, ())
            if citations or item.signature is not None:
                part = TextPart(texts[number], citations, item.signature)
                events.append(PartEnd(part, item.index))
        return events

    def _text(self, text: str, part: WirePart) -> list[StreamEvent]:
        thought = bool(part.thought)
        if not text and part.thought_signature is None:
            return self._finish() if isinstance(self._open, _Call) else []
        events: list[StreamEvent] = []
        current = self._open
        if not isinstance(current, _Text) or current.thought != thought:
            events += self._finish()
            current = self._open = _Text(self._next(), thought=thought)
            if not thought:
                self._texts.append(current)
        if text:
            current.chunks.append(text)
            events.append((ReasoningDelta if thought else TextDelta)(text, current.index))
        if part.thought_signature is not None:
            current.signature = self._signature(part)
            events += self._finish()
        return events

    def _result(self, result: WireFunctionResponse) -> list[StreamEvent]:
        """Return the call of a result as a provider part: Google has run it, as for MCP servers."""
        for call in self._pending:
            if (result.id or call.start.id) == call.start.id and result.name == call.start.name:
                self._pending.remove(call)
                part = _provider_part(msgspec.json.decode(call.raw))
                return [PartEnd(part, call.start.index)]
        return []

    def _call(self, call: WireFunctionCall, part: WirePart, raw: msgspec.Raw) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if call.name:
            events += self._finish()
            index = self._next()
            generated_id = f"call_{self.id}_{index}" if self.id else f"call_{index}"
            start = ToolCallStart(call.id or generated_id, call.name, index)
            if not call.will_continue and call.partial_args is None:
                arguments = bytes(call.args).decode()
                arguments = "{}" if arguments in {"", "null"} else arguments
                pending = _PendingCall(start, arguments, self._signature(part), bytes(raw))
                self._pending.append(pending)
                return events
            self.calls = True
            events.append(start)
            initial: Json = {}
            if call.args != NOTHING:
                initial = msgspec.json.decode(call.args, type=dict[str, Json])
            self._open = _Call(start, self._signature(part), initial)
        current = self._open
        if not isinstance(current, _Call):
            if call == WireFunctionCall():  # the end of a call that has already ended
                return events
            raise ValueError("a delta of a call that has not started")
        current.signature = self._signature(part) or current.signature
        chunks = [current.arguments.begin()] if call.name else []
        chunks += map(current.arguments.add, call.partial_args or ())
        events += (ToolCallDelta(chunk, current.start.index) for chunk in chunks if chunk)
        return events if call.will_continue else [*events, *self._finish()]

    def _call_end(
        self, start: ToolCallStart, arguments: str, signature: ProviderState | None, rest: str
    ) -> Iterator[StreamEvent]:
        if rest:
            yield ToolCallDelta(rest, start.index)
        yield ToolCallEnd(ToolCall(start.id, start.name, arguments, signature), start.index)

    def _medium(self, blob: WireBlob, part: WirePart) -> list[StreamEvent]:
        kind, signature = blob.mime_type, self._signature(part)
        if not kind.startswith("audio/"):
            if kind.startswith("image/"):
                image = ImagePart(data=blob.data, media_type=kind, signature=signature)
                return self._whole(image)
            return self._whole(FilePart(data=blob.data, media_type=kind))
        events: list[StreamEvent] = []
        current = self._open
        if not isinstance(current, _Audio) or current.media_type != kind:
            events += self._finish()
            current = self._open = _Audio(self._next(), kind)
        current.chunks.append(blob.data)
        return [*events, AudioDelta(blob.data, index=current.index)]

    def _whole(self, part: ImagePart | AudioPart | FilePart | ProviderPart) -> list[StreamEvent]:
        return [*self._finish(), PartEnd(part, self._next())]

    def _finish(self) -> list[StreamEvent]:
        current, self._open = self._open, None
        match current:
            case _Text() if current.thought and current.signature is not None:
                part = ReasoningPart("".join(current.chunks), current.signature)
                return [PartEnd(part, current.index)]
            case _Audio():
                audio = AudioPart(data=b"".join(current.chunks), media_type=current.media_type)
                return [PartEnd(audio, current.index)]
            case _Call():
                arguments, rest = current.arguments.end()
                return list(self._call_end(current.start, arguments, current.signature, rest))
            case _:
                return []

    def _next(self) -> int:
        self.count += 1
        return self.count - 1

    def _signature(self, part: WirePart) -> ProviderState | None:
        if part.thought_signature is None:
            return None
        return ProviderState(STATE_FORMAT, {"thoughtSignature": part.thought_signature})


def _provider_part(data: Json) -> ProviderPart:
    return ProviderPart(ProviderState(STATE_FORMAT, data))


def _file_part(file: WireFile, signature: ProviderState | None) -> ImagePart | AudioPart | FilePart:
    kind = file.mime_type or ""
    if kind.startswith("image/"):
        return ImagePart(url=file.file_uri, media_type=kind, signature=signature)
    if kind.startswith("audio/"):
        return AudioPart(url=file.file_uri, media_type=kind)
    return FilePart(url=file.file_uri, media_type=file.mime_type)

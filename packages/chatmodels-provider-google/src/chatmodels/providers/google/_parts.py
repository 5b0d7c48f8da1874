"""Reads the parts of an answer: texts that may come in pieces, calls, media, the vendor's own.

Neighbouring texts of one kind are one part, up to a signature, which may come on an empty text of
its own ("Thought signatures"): so streamed parts equal those of the whole answer.
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
from chatmodels.providers.google._citations import Cited, placed
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
    """A text, thought or said, of which more may come."""

    __slots__ = ("index", "pieces", "signature", "thought")

    def __init__(self, index: int, *, thought: bool) -> None:
        self.index = index
        self.thought = thought
        self.pieces: list[str] = []
        self.signature: ProviderState | None = None


class _Sound:
    """Sound of which more may come."""

    __slots__ = ("index", "media_type", "pieces")

    def __init__(self, index: int, media_type: str) -> None:
        self.index = index
        self.media_type = media_type
        self.pieces: list[bytes] = []


class _Call:
    """A call whose arguments come in pieces."""

    __slots__ = ("arguments", "signature", "start")

    def __init__(self, start: ToolCallStart, signature: ProviderState | None, begun: Json) -> None:
        self.start = start
        self.signature = signature
        self.arguments = PartialArguments(begun)


class _Waiting(NamedTuple):
    """A whole call that the vendor may yet answer itself."""

    start: ToolCallStart
    arguments: str
    signature: ProviderState | None
    raw: bytes


class PartsReader:
    """Turns the parts of one answer into events.

    Attributes:
        id: The vendor's id of the answer, of which the ids of calls without one are made.
        count: How many parts there are.
        calls: Whether there are calls of tools.
    """

    def __init__(self) -> None:
        self.id: str | None = None
        self.count = 0
        self.calls = False
        self._open: _Text | _Sound | _Call | None = None
        self._said: list[_Text] = []
        self._waiting: list[_Waiting] = []

    def add(self, raw: msgspec.Raw) -> Sequence[StreamEvent]:
        """Take a part in, or some more of one.

        Raises:
            ValueError: It is none, or does not fit what came before.
        """
        part = part_decoder.decode(raw)
        if part.text is not None:
            return self._text(part.text, part)
        if part.function_call is not None:
            return self._called(part.function_call, part, raw)
        if part.inline_data is not None and not part.thought:
            return self._medium(part.inline_data, part)
        if part.file_data is not None and not part.thought:
            return self._whole(_elsewhere(part.file_data, self._signature(part)))
        kept = msgspec.json.decode(raw)
        if part.function_response is not None:
            return [*self._run(part.function_response), *self._whole(self._own(kept))]
        if kept.keys() <= {"thought", "thoughtSignature"}:
            return self._text("", part)
        return self._whole(self._own(kept))

    def end(self, cited: Sequence[Cited]) -> list[StreamEvent]:
        """Give what is known only when all has come.

        Args:
            cited: What the answer cites.
        """
        events = self._finish()
        for call in self._waiting:
            self.calls = True
            events.append(call.start)
            events += self._ended(call.start, call.arguments, call.signature, call.arguments)
        self._waiting.clear()
        if cited and not self._said:
            # The sources belong to the response, which has only an image or a call.
            self._said.append(_Text(self._next(), thought=False))
        texts = ["".join(said.pieces) for said in self._said]
        citations: dict[int, tuple[Citation, ...]] = placed(texts, cited) if texts else {}
        for number, said in enumerate(self._said):
            cites = citations.get(number, ())
            if cites or said.signature is not None:
                part = TextPart(texts[number], cites, said.signature)
                events.append(PartEnd(part, said.index))
        return events

    def _text(self, text: str, part: WirePart) -> list[StreamEvent]:
        thought = bool(part.thought)
        if not text and part.thought_signature is None:
            return self._finish() if isinstance(self._open, _Call) else []
        events: list[StreamEvent] = []
        at = self._open
        if not isinstance(at, _Text) or at.thought != thought:
            events += self._finish()
            at = self._open = _Text(self._next(), thought=thought)
            if not thought:
                self._said.append(at)
        if text:
            at.pieces.append(text)
            events.append((ReasoningDelta if thought else TextDelta)(text, at.index))
        if part.thought_signature is not None:
            at.signature = self._signature(part)
            events += self._finish()
        return events

    def _run(self, result: WireFunctionResponse) -> list[StreamEvent]:
        """Keep the call that a result belongs to: the vendor has run it, as of MCP servers."""
        for call in self._waiting:
            if (result.id or call.start.id) == call.start.id and result.name == call.start.name:
                self._waiting.remove(call)
                kept = self._own(msgspec.json.decode(call.raw))
                return [PartEnd(kept, call.start.index)]
        return []

    def _own(self, kept: Json) -> ProviderPart:
        return ProviderPart(ProviderState(STATE_FORMAT, kept))

    def _called(
        self, call: WireFunctionCall, part: WirePart, raw: msgspec.Raw
    ) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        if call.name:
            events += self._finish()
            index = self._next()
            made_up = f"call_{self.id}_{index}" if self.id else f"call_{index}"
            start = ToolCallStart(call.id or made_up, call.name, index)
            if not call.will_continue and call.partial_args is None:
                arguments = bytes(call.args).decode()
                arguments = "{}" if arguments in {"", "null"} else arguments
                waiting = _Waiting(start, arguments, self._signature(part), bytes(raw))
                self._waiting.append(waiting)
                return events
            self.calls = True
            events.append(start)
            begun: Json = {}
            if call.args != NOTHING:
                begun = msgspec.json.decode(call.args, type=dict[str, Json])
            self._open = _Call(start, self._signature(part), begun)
        at = self._open
        if not isinstance(at, _Call):
            if call == WireFunctionCall():  # the end of one that has ended
                return events
            raise ValueError("more of a call that has not begun")
        at.signature = self._signature(part) or at.signature
        pieces = [at.arguments.begin()] if call.name else []
        pieces += map(at.arguments.add, call.partial_args or ())
        events += (ToolCallDelta(more, at.start.index) for more in pieces if more)
        return events if call.will_continue else [*events, *self._finish()]

    def _ended(
        self, start: ToolCallStart, arguments: str, signature: ProviderState | None, more: str
    ) -> Iterator[StreamEvent]:
        if more:
            yield ToolCallDelta(more, start.index)
        yield ToolCallEnd(ToolCall(start.id, start.name, arguments, signature), start.index)

    def _medium(self, blob: WireBlob, part: WirePart) -> list[StreamEvent]:
        kind, signature = blob.mime_type, self._signature(part)
        if not kind.startswith("audio/"):
            if kind.startswith("image/"):
                image = ImagePart(data=blob.data, media_type=kind, signature=signature)
                return self._whole(image)
            return self._whole(FilePart(data=blob.data, media_type=kind))
        events: list[StreamEvent] = []
        at = self._open
        if not isinstance(at, _Sound) or at.media_type != kind:
            events += self._finish()
            at = self._open = _Sound(self._next(), kind)
        at.pieces.append(blob.data)
        return [*events, AudioDelta(blob.data, index=at.index)]

    def _whole(self, part: ImagePart | AudioPart | FilePart | ProviderPart) -> list[StreamEvent]:
        return [*self._finish(), PartEnd(part, self._next())]

    def _finish(self) -> list[StreamEvent]:
        at, self._open = self._open, None
        match at:
            case _Text() if at.thought and at.signature is not None:
                part = ReasoningPart("".join(at.pieces), at.signature)
                return [PartEnd(part, at.index)]
            case _Sound():
                sound = AudioPart(data=b"".join(at.pieces), media_type=at.media_type)
                return [PartEnd(sound, at.index)]
            case _Call():
                arguments, more = at.arguments.end()
                return list(self._ended(at.start, arguments, at.signature, more))
            case _:
                return []

    def _next(self) -> int:
        self.count += 1
        return self.count - 1

    def _signature(self, part: WirePart) -> ProviderState | None:
        if part.thought_signature is None:
            return None
        return ProviderState(STATE_FORMAT, {"thoughtSignature": part.thought_signature})


def _elsewhere(file: WireFile, signature: ProviderState | None) -> ImagePart | AudioPart | FilePart:
    kind = file.mime_type or ""
    if kind.startswith("image/"):
        return ImagePart(url=file.file_uri, media_type=kind, signature=signature)
    if kind.startswith("audio/"):
        return AudioPart(url=file.file_uri, media_type=kind)
    return FilePart(url=file.file_uri, media_type=file.mime_type)

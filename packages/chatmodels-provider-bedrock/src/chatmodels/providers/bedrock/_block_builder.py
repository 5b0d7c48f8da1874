"""Blocks that come in pieces."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec.structs import replace

from chatmodels.http.wire import NOT_JSON, Json, base64_text, is_object
from chatmodels.providers.bedrock._blocks import SERVER_TOOL
from chatmodels.providers.bedrock._wire import (
    WireBlock,
    WireCited,
    WireDelta,
    WireReasoning,
    WireReasoningText,
    WireToolUse,
    tool_use_decoder,
)

Kind = Literal["text", "reasoning", "redacted", "call", "own"]
"""What a block is; "own" is what only the vendor understands."""

Start = Mapping[str, msgspec.Raw]

_BARE = frozenset({"text", "reasoningContent"})
"""Beginnings that say no more than the deltas do, and that the API itself does not send."""


def kind_of(delta: WireDelta) -> Kind:
    """Tell of which kind the block is that a piece belongs to, if it did not say so itself."""
    if delta.reasoning_content is not None:
        return "reasoning" if delta.reasoning_content.redacted_content is None else "redacted"
    return "own" if delta.text is None and delta.citation is None else "text"


class GrowingBlock:
    """A block of a stream that is not complete yet.

    Args:
        start: What it began with; nothing for text and reasoning.
        kind: What it is where it began with nothing.
        position: Its place among the parts of the message.

    Attributes:
        kind: What it is.
        position: Its place among the parts of the message.
        begun: Whether it told what it is.
        call: How the call began that it is.
    """

    def __init__(self, start: Start, kind: Kind, position: int) -> None:
        if start.keys() <= _BARE:
            start = {}
        self.kind: Kind = "own" if start else kind
        self.position = position
        self.begun = bool(start)
        self.call: WireToolUse | None = None
        if "toolUse" in start:
            call = tool_use_decoder.decode(start["toolUse"])
            if call.type != SERVER_TOOL:
                self.kind, self.call = "call", call
        self._start = start
        self._texts: list[str] = []
        self._signature = ""
        self._redacted = b""
        self._told: list[Json] = []  # citations, or the pieces of the vendor's own

    def add(self, delta: WireDelta, data: bytes) -> str:
        """Take a piece in and give the text in it: what is said, thought, or the arguments.

        Args:
            delta: The piece.
            data: The event that it came in.
        """
        if self.kind == "own":
            self._told.append(msgspec.json.decode(data)["delta"])
            return ""
        text = delta.text
        if delta.citation is not None:
            self._told.append(delta.citation)
        if (thought := delta.reasoning_content) is not None:
            text = thought.text
            self._signature += thought.signature or ""
            self._redacted += thought.redacted_content or b""
        if delta.tool_use is not None:
            text = delta.tool_use.input
        if not text:
            return ""
        self._texts.append(text)
        return text

    def wire(self) -> WireBlock:
        """Give the block as an answer that comes whole has it."""
        text = "".join(self._texts)
        match self.kind:
            case "call" if self.call is not None:
                arguments = msgspec.Raw(text.encode())
                return WireBlock(tool_use=replace(self.call, input=arguments))
            case "reasoning":
                readable = WireReasoningText(text, self._signature or None)
                return WireBlock(reasoning_content=WireReasoning(readable))
            case "redacted":
                redacted = base64_text(self._redacted)
                return WireBlock(reasoning_content=WireReasoning(redacted_content=redacted))
            case "text" if self._told:
                return WireBlock(citations_content=WireCited([{"text": text}], self._told))
            case "text":
                return WireBlock(text=text)
            case _:
                return WireBlock()

    def kept(self) -> Json:
        """Give what only the vendor understands, as an answer that comes whole has it."""
        whole: dict[str, Json] = {
            name: msgspec.json.decode(raw) for name, raw in self._start.items()
        }
        media: dict[str, list[bytes]] = {}
        for name, more in (item for told in self._told for item in told.items()):
            known = whole.get(name)
            piece = _bytes_in(more)
            if piece is not None:
                media.setdefault(name, []).append(piece)
            elif is_object(known):
                _grow(known, more)
            else:
                whole[name] = more
        for name, pieces in media.items():
            begun = whole.get(name)
            source = {"bytes": base64_text(b"".join(pieces))}
            whole[name] = {**(begun if is_object(begun) else {}), "source": source}
        call = whole.get("toolUse")
        if is_object(call):
            call["input"] = _parsed(call.get("input"))
        return whole


def _grow(block: dict[str, Json], more: Json) -> None:
    """Add a piece: texts and lists grow, all else is replaced. A list is of content."""
    for field, value in (more if is_object(more) else {"content": more}).items():
        known: Json = block.get(field)
        alike = type(known) is type(value) and isinstance(value, str | list)
        block[field] = known + value if alike else value


def _bytes_in(more: Json) -> bytes | None:
    """Return the bytes in a piece of a medium: each piece is in base64 of its own."""
    source = more.get("source") if is_object(more) else None
    encoded = source.get("bytes") if is_object(source) else None
    try:
        return b64decode(encoded) if isinstance(encoded, str) else None
    except ValueError:
        return None


def _parsed(arguments: Json) -> Json:
    try:
        return msgspec.json.decode(arguments) if isinstance(arguments, str) else {}
    except NOT_JSON:  # cut off with the answer
        return {}

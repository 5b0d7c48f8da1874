"""Assembly of content blocks from the deltas of a stream."""

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

Kind = Literal["text", "reasoning", "redacted", "call", "other"]
"""The kind of a block; "other" is one that only Bedrock understands."""

Start = Mapping[str, msgspec.Raw]

_EMPTY_STARTS = frozenset({"text", "reasoningContent"})
"""Starts without more information than the deltas; the API itself does not send them."""


def kind_of(delta: WireDelta) -> Kind:
    """Return the kind of block that a delta belongs to, if its start did not specify one."""
    if delta.reasoning_content is not None:
        return "reasoning" if delta.reasoning_content.redacted_content is None else "redacted"
    return "other" if delta.text is None and delta.citation is None else "text"


class BlockBuilder:
    """Builder of a streamed block that is not complete yet.

    Args:
        start: Fields of the block's start; empty for text and reasoning.
        kind: The kind of the block if `start` is empty.
        position: The index of the block among the parts of the message.

    Attributes:
        kind: The kind of the block.
        position: The index of the block among the parts of the message.
        has_start: Whether the start specified the kind.
        call: The start of the tool call, if the block is one.
    """

    def __init__(self, start: Start, kind: Kind, position: int) -> None:
        if start.keys() <= _EMPTY_STARTS:
            start = {}
        self.kind: Kind = "other" if start else kind
        self.position = position
        self.has_start = bool(start)
        self.call: WireToolUse | None = None
        if "toolUse" in start:
            call = tool_use_decoder.decode(start["toolUse"])
            if call.type != SERVER_TOOL:
                self.kind, self.call = "call", call
        self._start = start
        self._texts: list[str] = []
        self._signature = ""
        self._redacted = b""
        self._extras: list[Json] = []  # citations, or the deltas of a block of kind "other"

    def add(self, delta: WireDelta, data: bytes) -> str:
        """Append a delta and return its text: output, reasoning or arguments.

        Args:
            delta: The delta.
            data: The event that contains it.
        """
        if self.kind == "other":
            self._extras.append(msgspec.json.decode(data)["delta"])
            return ""
        text = delta.text
        if delta.citation is not None:
            self._extras.append(delta.citation)
        if (reasoning := delta.reasoning_content) is not None:
            text = reasoning.text
            self._signature += reasoning.signature or ""
            self._redacted += reasoning.redacted_content or b""
        if delta.tool_use is not None:
            text = delta.tool_use.input
        if not text:
            return ""
        self._texts.append(text)
        return text

    def wire(self) -> WireBlock:
        """Return the block in the form of a whole response."""
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
            case "text" if self._extras:
                return WireBlock(citations_content=WireCited([{"text": text}], self._extras))
            case "text":
                return WireBlock(text=text)
            case _:
                return WireBlock()

    def raw(self) -> Json:
        """Return a block of kind "other" as JSON in the form of a whole response."""
        whole: dict[str, Json] = {
            name: msgspec.json.decode(value) for name, value in self._start.items()
        }
        media: dict[str, list[bytes]] = {}
        for name, value in (item for delta in self._extras for item in delta.items()):
            previous = whole.get(name)
            chunk = _bytes_in(value)
            if chunk is not None:
                media.setdefault(name, []).append(chunk)
            elif is_object(previous):
                _extend(previous, value)
            else:
                whole[name] = value
        for name, chunks in media.items():
            previous = whole.get(name)
            source = {"bytes": base64_text(b"".join(chunks))}
            whole[name] = {**(previous if is_object(previous) else {}), "source": source}
        call = whole.get("toolUse")
        if is_object(call):
            call["input"] = _parsed(call.get("input"))
        return whole


def _extend(block: dict[str, Json], delta: Json) -> None:
    """Merge a delta: append to texts and lists, replace other values. A list is content."""
    for field, value in (delta if is_object(delta) else {"content": delta}).items():
        previous: Json = block.get(field)
        same_type = type(previous) is type(value) and isinstance(value, str | list)
        block[field] = previous + value if same_type else value


def _bytes_in(delta: Json) -> bytes | None:
    """Return the bytes in a delta of a medium; each delta is encoded in base64 separately."""
    source = delta.get("source") if is_object(delta) else None
    encoded = source.get("bytes") if is_object(source) else None
    try:
        return b64decode(encoded) if isinstance(encoded, str) else None
    except ValueError:
        return None


def _parsed(arguments: Json) -> Json:
    try:
        return msgspec.json.decode(arguments) if isinstance(arguments, str) else {}
    except NOT_JSON:  # the response was cut off
        return {}

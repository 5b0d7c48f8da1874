"""Conversion of content blocks to parts: text, citations, thinking, tool calls, other blocks."""

from collections.abc import Callable
from typing import Any

from chatmodels.core import Citation, Part, ProviderPart, ReasoningPart, TextPart, ToolCall
from chatmodels.core.extending import ProviderState
from chatmodels.http.wire import Json, is_object, objects, text_or_none
from chatmodels.providers.anthropic._wire import WireBlock

PROVIDER_NAME = "anthropic"


def part_options(**fields: Any) -> ProviderPart:
    """Return options for the preceding part of a message; other providers ignore them.

    >>> from chatmodels.core import user
    >>> question = user("A long text.", part_options(cache_control={"type": "ephemeral"}), "Why?")

    Args:
        fields: Fields of a content block ("Messages", API reference), such as `cache_control`, or
            `citations={"enabled": True}` after a document. Fields that include `type` are sent
            as a separate block.
    """
    return ProviderPart(ProviderState(PROVIDER_NAME, fields))


def part_of(block: WireBlock, raw: Callable[[], Json], *, unsigned: bool = False) -> Part | None:
    """Convert a complete block to a part; return None if it is empty.

    Args:
        block: The block.
        raw: Returns the whole block as JSON, for blocks that only Anthropic understands.
        unsigned: Whether the server accepts thinking in requests without a signature.
    """
    match block.type:
        case "text":
            return _text(block)
        case "thinking":
            signature = None
            if block.signature:
                data = {"type": "thinking", "signature": block.signature}
                signature = ProviderState(PROVIDER_NAME, data)
            elif not block.thinking:
                return None
            elif unsigned:
                signature = ProviderState(PROVIDER_NAME, {"type": "thinking", "signature": ""})
            return ReasoningPart(block.thinking or "", signature)
        case "redacted_thinking":
            return ReasoningPart("", ProviderState(PROVIDER_NAME, raw()))
        case "tool_use":
            arguments = bytes(block.input).decode() or "{}"
            return ToolCall(block.id or "", block.name or "", arguments, _state(block))
        case _:
            return ProviderPart(ProviderState(PROVIDER_NAME, raw()))


def _text(block: WireBlock) -> TextPart | None:
    text = block.text or ""
    if not block.citations or not (citations := objects(block.citations)):
        return TextPart(text) if text else None
    # Returned with the text: required for citations of web searches ("Web search tool").
    signature = ProviderState(PROVIDER_NAME, {"citations": citations})
    return TextPart(text, tuple(_citation(item, text) for item in citations), signature)


def _citation(citation: dict[str, Json], text: str) -> Citation:
    number = citation.get("document_index")
    return Citation(
        url=text_or_none(citation.get("url")),
        title=text_or_none(citation.get("title")) or text_or_none(citation.get("document_title")),
        quote=text_or_none(citation.get("cited_text")),
        start=0,
        end=len(text),
        source=text_or_none(citation.get("file_id"))
        or text_or_none(citation.get("source"))
        or (None if number is None else str(number)),
    )


def _state(block: WireBlock) -> ProviderState | None:
    state: dict[str, Json] = {}
    # `caller` marks calls made by code in Anthropic's sandbox; requests must repeat it.
    if is_object(block.caller) and block.caller.get("type") != "direct":
        state["caller"] = block.caller
    if block.toolset_name:
        state["toolset_name"] = block.toolset_name
    return ProviderState(PROVIDER_NAME, state) if state else None

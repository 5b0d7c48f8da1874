"""Conversion of content blocks to parts: text, citations, thinking, tool calls, other blocks."""

from collections.abc import Callable
from typing import Any

from chatmodels.core import Citation, Part, ProviderPart, ReasoningPart, TextPart, ToolCall
from chatmodels.core.extending import ProviderState
from chatmodels.http.wire import Json, is_object, objects, text_or_none
from chatmodels.providers.bedrock._media import decode_media
from chatmodels.providers.bedrock._wire import WireBlock, WireCited, WireReasoning

PROVIDER_NAME = "bedrock"

SERVER_TOOL = "server_tool_use"
"""The type of calls that Bedrock runs itself, such as those of `systemTool`."""


def part_options(**fields: Any) -> ProviderPart:
    """Return options for the preceding block of a message, or a separate block.

    A field that the preceding block also has, such as `document`, is merged with it. Each other
    field is sent as a separate block. Other providers ignore the part.

    >>> from chatmodels.core import system
    >>> prompt = system("A long text.", part_options(cachePoint={"type": "default"}))

    Args:
        fields: Fields of a `ContentBlock` (API reference of Bedrock Runtime), for example
            `document={"citations": {"enabled": True}}` after a document.
    """
    return ProviderPart(ProviderState(PROVIDER_NAME, fields))


def part_of(block: WireBlock, raw: Callable[[], Json]) -> Part | None:
    """Convert a complete block to a part; return None if it is empty.

    Args:
        block: The block.
        raw: Returns the whole block as JSON, for blocks that only Bedrock understands.
    """
    if block.tool_use is not None and block.tool_use.type != SERVER_TOOL:
        use = block.tool_use
        arguments = bytes(use.input).decode() or "{}"
        return ToolCall(use.tool_use_id or "", use.name or "", arguments)
    if block.reasoning_content is not None:
        return _reasoning(block.reasoning_content)
    if block.citations_content is not None:
        return _cited(block.citations_content)
    if block.text is not None:
        return TextPart(block.text) if block.text else None
    data = raw()
    if not data:
        return None
    return decode_media(data) or ProviderPart(ProviderState(PROVIDER_NAME, data))


def _reasoning(block: WireReasoning) -> ReasoningPart | None:
    if block.redacted_content:
        state = {"redactedContent": block.redacted_content}
        return ReasoningPart("", ProviderState(PROVIDER_NAME, state))
    readable = block.reasoning_text
    if readable is None or not (readable.text or readable.signature):
        return None
    signature = readable.signature
    state = ProviderState(PROVIDER_NAME, {"signature": signature}) if signature else None
    return ReasoningPart(readable.text or "", state)


def _cited(block: WireCited) -> TextPart | None:
    text = "".join(text_or_none(item.get("text")) or "" for item in objects(block.content))
    citations = objects(block.citations)
    if not citations:
        return TextPart(text) if text else None
    # Returned with the text, so that the model sees its earlier citations.
    signature = ProviderState(PROVIDER_NAME, {"citations": citations})
    return TextPart(text, tuple(_citation(item, text) for item in citations), signature)


def _citation(citation: dict[str, Json], text: str) -> Citation:
    union: Json = citation.get("location")
    locations = objects(list(union.values())) if is_object(union) else []
    location: dict[str, Json] = locations[0] if locations else {}
    contents = objects(citation.get("sourceContent"))
    quotes = [text_or_none(item.get("text")) or "" for item in contents]
    number = location.get("documentIndex", location.get("searchResultIndex"))
    return Citation(
        url=text_or_none(location.get("url")),
        title=text_or_none(citation.get("title")),
        quote="".join(quotes) or None,
        start=0,
        end=len(text),
        source=text_or_none(citation.get("source")) or (None if number is None else str(number)),
    )

"""Blocks of content as parts: text and what it cites, thinking, tool calls, the vendor's own."""

from collections.abc import Callable
from typing import Any

from chatmodels.core import Citation, Part, ProviderPart, ReasoningPart, TextPart, ToolCall
from chatmodels.core.extending import ProviderState
from chatmodels.http.wire import Json, is_object, objects, text_or_none
from chatmodels.providers.bedrock._media import decode_media
from chatmodels.providers.bedrock._wire import WireBlock, WireCited, WireReasoning

PROVIDER_NAME = "bedrock"

SERVER_TOOL = "server_tool_use"
"""The type of calls that the vendor runs itself, as those of `systemTool`."""


def part_options(**fields: Any) -> ProviderPart:
    """Give the block before it in a message further fields, or add a block of its own.

    A field that the block before has too, such as `document`, is joined with it; all others are
    blocks. Other vendors ignore it.

    >>> from chatmodels.core import system
    >>> prompt = system("A long text.", part_options(cachePoint={"type": "default"}))

    Args:
        fields: Fields of a `ContentBlock` (API reference of Bedrock Runtime), as
            `document={"citations": {"enabled": True}}` after a document.
    """
    return ProviderPart(ProviderState(PROVIDER_NAME, fields))


def part_of(block: WireBlock, kept: Callable[[], Json]) -> Part | None:
    """Make a part of a complete block; None if it says nothing.

    Args:
        block: The block.
        kept: Gives all of it, for what only the vendor understands.
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
    own = kept()
    if not own:
        return None
    return decode_media(own) or ProviderPart(ProviderState(PROVIDER_NAME, own))


def _reasoning(block: WireReasoning) -> ReasoningPart | None:
    if block.redacted_content:
        kept = {"redactedContent": block.redacted_content}
        return ReasoningPart("", ProviderState(PROVIDER_NAME, kept))
    readable = block.reasoning_text
    if readable is None or not (readable.text or readable.signature):
        return None
    proof = readable.signature
    signature = ProviderState(PROVIDER_NAME, {"signature": proof}) if proof else None
    return ReasoningPart(readable.text or "", signature)


def _cited(block: WireCited) -> TextPart | None:
    text = "".join(text_or_none(item.get("text")) or "" for item in objects(block.content))
    cited = objects(block.citations)
    if not cited:
        return TextPart(text) if text else None
    # Sent back with the text: what the model has cited is known to it then.
    signature = ProviderState(PROVIDER_NAME, {"citations": cited})
    return TextPart(text, tuple(_citation(item, text) for item in cited), signature)


def _citation(cited: dict[str, Json], text: str) -> Citation:
    found: Json = cited.get("location")
    places = objects(list(found.values())) if is_object(found) else []
    place: dict[str, Json] = places[0] if places else {}
    quotes = [text_or_none(item.get("text")) or "" for item in objects(cited.get("sourceContent"))]
    number = place.get("documentIndex", place.get("searchResultIndex"))
    return Citation(
        url=text_or_none(place.get("url")),
        title=text_or_none(cited.get("title")),
        quote="".join(quotes) or None,
        start=0,
        end=len(text),
        source=text_or_none(cited.get("source")) or (None if number is None else str(number)),
    )

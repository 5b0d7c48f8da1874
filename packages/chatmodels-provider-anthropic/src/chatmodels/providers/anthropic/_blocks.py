"""Blocks of content as parts: text and what it cites, thinking, tool calls, the vendor's own."""

from collections.abc import Callable
from typing import Any

from chatmodels.core import Citation, Part, ProviderPart, ReasoningPart, TextPart, ToolCall
from chatmodels.core.extending import ProviderState
from chatmodels.http.wire import Json, is_object, objects, text_or_none
from chatmodels.providers.anthropic._wire import WireBlock

PROVIDER_NAME = "anthropic"


def part_options(**fields: Any) -> ProviderPart:
    """Return options for the part before it in a message; other vendors ignore them.

    >>> from chatmodels.core import user
    >>> asked = user("A long text.", part_options(cache_control={"type": "ephemeral"}), "Why?")

    Args:
        fields: Fields of a content block ("Messages", API reference), such as `cache_control`, or
            `citations={"enabled": True}` after a document. With a `type` among them they are a
            block of their own.
    """
    return ProviderPart(ProviderState(PROVIDER_NAME, fields))


def part_of(block: WireBlock, kept: Callable[[], Json], *, unsigned: bool = False) -> Part | None:
    """Make a part of a complete block; None if it says nothing.

    Args:
        block: The block.
        kept: Gives all of it, for what only the vendor understands.
        unsigned: Whether the server takes thinking back that it did not sign.
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
            return ReasoningPart("", ProviderState(PROVIDER_NAME, kept()))
        case "tool_use":
            arguments = bytes(block.input).decode() or "{}"
            return ToolCall(block.id or "", block.name or "", arguments, _state(block))
        case _:
            return ProviderPart(ProviderState(PROVIDER_NAME, kept()))


def _text(block: WireBlock) -> TextPart | None:
    text = block.text or ""
    if not block.citations or not (cited := objects(block.citations)):
        return TextPart(text) if text else None
    # Sent back with the text: those of web searches must be ("Web search tool").
    signature = ProviderState(PROVIDER_NAME, {"citations": cited})
    return TextPart(text, tuple(_citation(item, text) for item in cited), signature)


def _citation(cited: dict[str, Json], text: str) -> Citation:
    number = cited.get("document_index")
    return Citation(
        url=text_or_none(cited.get("url")),
        title=text_or_none(cited.get("title")) or text_or_none(cited.get("document_title")),
        quote=text_or_none(cited.get("cited_text")),
        start=0,
        end=len(text),
        source=text_or_none(cited.get("file_id"))
        or text_or_none(cited.get("source"))
        or (None if number is None else str(number)),
    )


def _state(block: WireBlock) -> ProviderState | None:
    state: dict[str, Json] = {}
    # A call that code of the vendor's sandbox makes says so, and must do so when it is sent back.
    if is_object(block.caller) and block.caller.get("type") != "direct":
        state["caller"] = block.caller
    if block.toolset_name:
        state["toolset_name"] = block.toolset_name
    return ProviderState(PROVIDER_NAME, state) if state else None

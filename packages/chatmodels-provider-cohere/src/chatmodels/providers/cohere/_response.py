"""Decoding of content, tool calls, citations, finish reasons, usage and log probabilities."""

from collections.abc import Sequence

from chatmodels.core import (
    Citation,
    FinishReason,
    Part,
    ReasoningPart,
    TextPart,
    TokenLogprob,
    ToolCall,
    Usage,
)
from chatmodels.core.extending import ProviderState
from chatmodels.http.wire import (
    Json,
    integer_or_none,
    is_list,
    is_object,
    lenient,
    objects,
    text_or_none,
)
from chatmodels.providers.cohere._profile import PROVIDER_NAME
from chatmodels.providers.cohere._wire import (
    WireCall,
    WireContent,
    WireLogprob,
    WireMessage,
    WireTokens,
    WireUsage,
)

NO_ARGUMENTS = "{}"
PLAN = "tool_plan"
THINKING = "thinking"

_NO_TOKENS = WireTokens()

FINISH_REASONS: dict[str, FinishReason] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "ERROR_LIMIT": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR_TOXIC": "content_filter",
}
"""Finish reasons ("Chat", version 2; for names with the prefix ERROR, version 1)."""


def contents_of(message: WireMessage) -> list[WireContent]:
    """Return the content blocks of a message, or the single block of an event."""
    content = message.content
    return [content] if isinstance(content, WireContent) else content or []


def calls_of(message: WireMessage) -> list[WireCall]:
    """Return the tool calls of a message, or the single call of an event."""
    calls = message.tool_calls
    return [calls] if isinstance(calls, WireCall) else calls or []


def text_of(content: WireContent) -> str:
    """Return the thinking or the text of a content block."""
    return content.thinking or content.text or ""


def reasoning(kind: str, text: str) -> ReasoningPart:
    """Create a part for thinking, or for the plan that precedes tool calls."""
    return ReasoningPart(text, ProviderState(PROVIDER_NAME, {"type": kind}))


def parts_of(kind: str | None, text: str, citations: Sequence[dict[str, Json]]) -> list[Part]:
    """Convert a complete content block to a part; return an empty list if it is empty."""
    if not text:
        return []
    if kind == THINKING:
        return [reasoning(THINKING, text)]
    converted = (citation for item in citations for citation in _citations(item))
    return [TextPart(text, tuple(converted))]


def call_of(call: WireCall) -> ToolCall:
    """Convert a tool call to a part."""
    function = call.function
    name = (function and function.name) or ""
    arguments = (function and function.arguments) or NO_ARGUMENTS
    return ToolCall(call.id or "", name, arguments)


def by_content(citations: Json, kinds: Sequence[str | None]) -> dict[int, list[dict[str, Json]]]:
    """Group citations by the index of their content block.

    Citations of models without reasoning have no index and belong to the only text. Citations in
    thinking and plans are left out, because only text parts have citations.

    Args:
        citations: The citations.
        kinds: The types of the blocks, in order.
    """
    groups: dict[int, list[dict[str, Json]]] = {}
    text = next((index for index, kind in enumerate(kinds) if kind == "text"), 0)
    for citation in objects(citations):
        if citation.get("type") in (None, "TEXT_CONTENT"):
            index = integer_or_none(citation.get("content_index"))
            groups.setdefault(text if index is None else index, []).append(citation)
    return groups


def _citations(item: dict[str, Json]) -> list[Citation]:
    """Create a citation for each source, or one without a source."""
    start, end = integer_or_none(item.get("start")), integer_or_none(item.get("end"))
    sources = objects(item.get("sources"))
    return [_citation(source, start, end) for source in sources or [{}]]


def _citation(source: dict[str, Json], start: int | None, end: int | None) -> Citation:
    content: Json = source.get("document") or source.get("tool_output")
    fields = content if is_object(content) else {}
    return Citation(
        url=text_or_none(fields.get("url")),
        title=text_or_none(fields.get("title")),
        quote=text_or_none(fields.get("text")) or text_or_none(fields.get("snippet")),
        start=start,
        end=end,
        source=text_or_none(source.get("id")),
    )


def read_usage(value: Json, warnings: list[str]) -> Usage:
    """Convert token usage to neutral fields; counts that are not reported stay None."""
    wire = lenient(value or {}, WireUsage, "the usage was", warnings) or WireUsage()
    used, billed = wire.tokens or _NO_TOKENS, wire.billed_units or _NO_TOKENS
    return Usage(
        input_tokens=billed.input_tokens if used.input_tokens is None else used.input_tokens,
        output_tokens=billed.output_tokens if used.output_tokens is None else used.output_tokens,
        cached_input_tokens=wire.cached_tokens,
        reasoning_tokens=used.reasoning_tokens,
        billed_input_tokens=billed.input_tokens,
        billed_output_tokens=billed.output_tokens,
    )


def read_logprobs(value: Json, warnings: list[str]) -> tuple[TokenLogprob, ...]:
    """Convert the log probabilities of text chunks; each chunk is one or more tokens."""
    chunks: Json = value if is_list(value) else [value]
    wires = lenient(chunks, list[WireLogprob], "log probabilities were", warnings) or []
    return tuple(
        TokenLogprob(wire.text or "", sum(wire.logprobs)) for wire in wires if wire.logprobs
    )

"""Reads the pieces of responses, and what accompanies them."""

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
"""By "Chat" and, for the words that begin with ERROR, its first version."""


def contents_of(message: WireMessage) -> list[WireContent]:
    """Give the blocks of content of a message, or the one that an event tells."""
    content = message.content
    return [content] if isinstance(content, WireContent) else content or []


def calls_of(message: WireMessage) -> list[WireCall]:
    """Give the tool calls of a message, or the one that an event tells."""
    calls = message.tool_calls
    return [calls] if isinstance(calls, WireCall) else calls or []


def words(content: WireContent) -> str:
    """Give what a block of content says, be it thought or text."""
    return content.thinking or content.text or ""


def reasoning(kind: str, text: str) -> ReasoningPart:
    """Make a part of a thought, or of the plan that comes before tool calls."""
    return ReasoningPart(text, ProviderState(PROVIDER_NAME, {"type": kind}))


def part_of(kind: str | None, text: str, cited: Sequence[dict[str, Json]]) -> list[Part]:
    """Make a part of a complete block of content; none if it says nothing."""
    if not text:
        return []
    if kind == THINKING:
        return [reasoning(THINKING, text)]
    return [TextPart(text, tuple(found for item in cited for found in _citations(item)))]


def call_of(call: WireCall) -> ToolCall:
    """Make a part of a tool call."""
    function = call.function
    name = (function and function.name) or ""
    arguments = (function and function.arguments) or NO_ARGUMENTS
    return ToolCall(call.id or "", name, arguments)


def by_content(citations: Json, kinds: Sequence[str | None]) -> dict[int, list[dict[str, Json]]]:
    """Sort citations by the block of content that they are in.

    Those of models that do not think have no index, and belong to the only text. Those of thoughts
    and plans are left out: there are no citations but of texts.

    Args:
        citations: The citations.
        kinds: The types of the blocks, in order.
    """
    sorted_: dict[int, list[dict[str, Json]]] = {}
    text = next((index for index, kind in enumerate(kinds) if kind == "text"), 0)
    for citation in objects(citations):
        if citation.get("type") in (None, "TEXT_CONTENT"):
            index = integer_or_none(citation.get("content_index"))
            sorted_.setdefault(text if index is None else index, []).append(citation)
    return sorted_


def _citations(told: dict[str, Json]) -> list[Citation]:
    """Make a citation of each source, or one without a source."""
    start, end = integer_or_none(told.get("start")), integer_or_none(told.get("end"))
    sources = objects(told.get("sources"))
    return [_citation(source, start, end) for source in sources or [{}]]


def _citation(source: dict[str, Json], start: int | None, end: int | None) -> Citation:
    found: Json = source.get("document") or source.get("tool_output")
    shown = found if is_object(found) else {}
    return Citation(
        url=text_or_none(shown.get("url")),
        title=text_or_none(shown.get("title")),
        quote=text_or_none(shown.get("text")) or text_or_none(shown.get("snippet")),
        start=start,
        end=end,
        source=text_or_none(source.get("id")),
    )


def read_usage(value: Json, warnings: list[str]) -> Usage:
    """Bring the tokens used into neutral terms; what was not reported stays None."""
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
    """Read how likely the pieces of the text were: each is of one or more tokens."""
    told: Json = value if is_list(value) else [value]
    wires = lenient(told, list[WireLogprob], "log probabilities were", warnings) or []
    return tuple(
        TokenLogprob(wire.text or "", sum(wire.logprobs)) for wire in wires if wire.logprobs
    )

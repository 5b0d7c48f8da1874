"""Reads whole answers, and what whole and streamed ones have in common."""

from collections.abc import Sequence
from typing import Any

import msgspec

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    Citation,
    FinishReason,
    Message,
    Part,
    ReasoningPart,
    Signature,
    TextPart,
    TokenLogprob,
    ToolCall,
    Usage,
)
from chatmodels.http.wire import (
    NOT_JSON,
    Json,
    answer_tool,
    integer_or_none,
    is_list,
    is_object,
    lenient,
    objects,
    text_or_none,
)
from chatmodels.providers.cohere._failure import failed_generation, reject
from chatmodels.providers.cohere._models import PROVIDER_NAME
from chatmodels.providers.cohere._wire import (
    WireCall,
    WireContent,
    WireLogprob,
    WireMessage,
    WireTokens,
    WireUsage,
    response_decoder,
)

FORCED = (
    "the form of the answer was asked for through a tool that the model had to call, since tools, "
    "documents or the schema do not go with response_format"
)

NO_ARGUMENTS = "{}"
PLAN = "tool_plan"
THINKING = "thinking"

_NO_TOKENS = WireTokens()

_FINISH_REASONS: dict[str, FinishReason] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "ERROR_LIMIT": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR_TOXIC": "content_filter",
}
"""By "Chat" and, for the words that begin with ERROR, its first version."""


def read_response(body: bytes, request: ChatRequest) -> ChatResponse[Any]:
    """Translate a whole response.

    Raises:
        ChatModelError: The body tells of an error, or is not an answer.
    """
    answer = answer_tool(request)
    warnings: list[str] = []
    try:
        wire = response_decoder.decode(body)
    except NOT_JSON as error:
        reject(body, error)
    message = wire.message
    contents, calls = contents_of(message), calls_of(message)
    if not (contents or calls or message.tool_plan or wire.finish_reason):
        reject(body, "it has no content")
    parts: list[Part] = [reasoning(PLAN, message.tool_plan)] if message.tool_plan else []
    cited = by_content(message.citations, [content.type for content in contents])
    for index, content in enumerate(contents):
        parts += part_of(content.type, words(content), cited.get(index, []))
    for call in calls:
        part = call_of(call, answer)
        if isinstance(part, TextPart):
            warnings.append(FORCED)
        parts.append(part)
    response = ChatResponse[Any](
        message=Message("assistant", tuple(parts)),
        finish_reason=normalised(
            wire.finish_reason, calls=any(isinstance(part, ToolCall) for part in parts)
        ),
        raw_finish_reason=wire.finish_reason,
        usage=read_usage(wire.usage, warnings),
        id=wire.id,
        logprobs=read_logprobs(wire.logprobs, warnings),
        warnings=tuple(dict.fromkeys(warnings)),
        payload=msgspec.Raw(body),
    )
    if failure := failed_generation(wire.finish_reason, None, body):
        failure.partial = response
        raise failure
    return response


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
    return ReasoningPart(text, Signature(PROVIDER_NAME, {"type": kind}))


def part_of(kind: str | None, text: str, cited: Sequence[dict[str, Json]]) -> list[Part]:
    """Make a part of a complete block of content; none if it says nothing."""
    if not text:
        return []
    if kind == THINKING:
        return [reasoning(THINKING, text)]
    return [TextPart(text, tuple(found for item in cited for found in _citations(item)))]


def call_of(call: WireCall, answer: str) -> ToolCall | TextPart:
    """Make a part of a tool call, or of the answer that it is.

    Args:
        call: The call.
        answer: The name of the tool whose call is the answer.
    """
    function = call.function
    name = (function and function.name) or ""
    arguments = (function and function.arguments) or NO_ARGUMENTS
    if answer and name == answer:
        return TextPart(arguments)
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


def normalised(word: str | None, *, calls: bool) -> FinishReason:
    """Bring the vendor's word into neutral terms; the call of the answer's tool is no call."""
    reason = _FINISH_REASONS.get(word or "", "other")
    return "stop" if reason == "tool_calls" and not calls else reason


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
    if value is None:
        return ()
    told: Json = value if is_list(value) else [value]
    wires = lenient(told, list[WireLogprob], "log probabilities were", warnings) or []
    return tuple(
        TokenLogprob(wire.text or "", sum(wire.logprobs)) for wire in wires if wire.logprobs
    )

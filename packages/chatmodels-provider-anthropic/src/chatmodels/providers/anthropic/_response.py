"""Reads whole answers, and what whole and streamed ones have in common."""

from functools import partial
from typing import Any, NoReturn

import msgspec

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    FinishReason,
    Message,
    Part,
    RefusalPart,
    ToolCall,
    Usage,
)
from chatmodels.http.wire import (
    NOT_JSON,
    Json,
    answer_tool,
    is_object,
    lenient,
    reject_body,
    text_or_none,
)
from chatmodels.providers.anthropic._blocks import FORCED, PROVIDER_NAME, is_answer, part_of
from chatmodels.providers.anthropic._failure import read_failure
from chatmodels.providers.anthropic._wire import WireUsage, block_decoder, message_decoder

_FINISH_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
}
"""By "Handling stop reasons"; a turn that is paused or compacted is "other"."""


def read_response(body: bytes, request: ChatRequest) -> ChatResponse[Any]:
    """Translate a whole response.

    Raises:
        ChatModelError: The body tells of an error, or is not a message.
    """
    answer = answer_tool(request)
    forced = False
    try:
        wire = message_decoder.decode(body)
        if wire.content is None or (not wire.content and wire.stop_reason is None):
            reject(body, "it has no content")
        parts: list[Part] = []
        for raw in wire.content:
            block = block_decoder.decode(raw)
            part = part_of(block, partial(msgspec.json.decode, raw), answer)
            if part is not None:
                parts.append(part)
            forced = forced or is_answer(block, answer)
    except NOT_JSON as error:
        reject(body, error)
    warnings = [FORCED] if forced else []
    if refusal := refusal_of(wire.stop_details):
        parts.append(RefusalPart(refusal))
    calls = any(isinstance(part, ToolCall) for part in parts)
    return ChatResponse(
        message=Message("assistant", tuple(parts)),
        finish_reason=normalised(wire.stop_reason, calls=calls),
        raw_finish_reason=wire.stop_reason,
        usage=read_usage(wire.usage, warnings),
        model=wire.model,
        id=wire.id,
        service_tier=service_tier(wire.usage),
        warnings=tuple(warnings),
        payload=msgspec.Raw(body),
    )


def reject(data: bytes, why: object) -> NoReturn:
    """Refuse what is not of this API, or raise the error that it tells.

    Raises:
        ChatModelError: Always.
    """
    reject_body(data, PROVIDER_NAME, "a message", why, read_failure)


def normalised(word: str | None, *, calls: bool) -> FinishReason:
    """Bring the vendor's word into neutral terms; the call of the answer's tool is no call."""
    reason = _FINISH_REASONS.get(word or "", "other")
    return "stop" if reason == "tool_calls" and not calls else reason


def refusal_of(details: Json) -> str | None:
    """Read why an answer was refused, where the vendor tells."""
    return text_or_none(details.get("explanation")) if is_object(details) else None


def service_tier(usage: Json) -> str | None:
    """Read which tier served the call."""
    return text_or_none(usage.get("service_tier")) if is_object(usage) else None


def read_usage(value: Json, warnings: list[str]) -> Usage:
    """Bring the tokens used into neutral terms; what was not reported stays None."""
    wire = None if value is None else lenient(value, WireUsage, "the usage was", warnings)
    if wire is None:
        return Usage()
    cached, written = wire.cache_read_input_tokens, wire.cache_creation_input_tokens
    asked, details = wire.input_tokens, wire.output_tokens_details
    return Usage(
        input_tokens=None if asked is None else asked + (cached or 0) + (written or 0),
        output_tokens=wire.output_tokens,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=None if details is None else details.thinking_tokens,
    )

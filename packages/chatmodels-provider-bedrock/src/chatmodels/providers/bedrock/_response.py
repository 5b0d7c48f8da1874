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
from chatmodels.providers.bedrock._blocks import FORCED, PROVIDER_NAME, is_answer, part_of
from chatmodels.providers.bedrock._failure import read_failure, words_of
from chatmodels.providers.bedrock._wire import WireUsage, answer_decoder, block_decoder

_FINISH_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "refusal": "refusal",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
}
"""By `stopReason` ("Converse", API reference); "refusal" is Claude's own word."""


def read_response(body: bytes, request: ChatRequest) -> ChatResponse[Any]:
    """Translate a whole response.

    Raises:
        ChatModelError: The body tells of an error, or is not an answer.
    """
    answer = answer_tool(request)
    forced = False
    parts: list[Part] = []
    try:
        wire = answer_decoder.decode(body)
        for raw in wire.output.message.content:
            block = block_decoder.decode(raw)
            part = part_of(block, partial(msgspec.json.decode, raw), answer)
            if part is not None:
                parts.append(part)
            forced = forced or (
                block.tool_use is not None and is_answer(block.tool_use.name, answer)
            )
    except NOT_JSON as error:
        reject(body, error)
    if not parts and wire.stop_reason is None:
        reject(body, "it has no content")
    warnings = [FORCED] if forced else []
    return ChatResponse(
        message=Message("assistant", tuple(parts)),
        finish_reason=normalised(
            wire.stop_reason, calls=any(isinstance(part, ToolCall) for part in parts)
        ),
        raw_finish_reason=wire.stop_reason,
        usage=read_usage(wire.usage, warnings),
        service_tier=tier_of(wire.service_tier),
        warnings=tuple(warnings),
        payload=msgspec.Raw(body),
    )


def reject(data: bytes, why: object) -> NoReturn:
    """Refuse what is not of this API, or raise the error that it tells.

    Raises:
        ChatModelError: Always.
    """
    reject_body(data, PROVIDER_NAME, "an answer", why, read_failure, tells_error=words_of)


def normalised(word: str | None, *, calls: bool) -> FinishReason:
    """Bring the vendor's word into neutral terms; the call of the answer's tool is no call."""
    reason = _FINISH_REASONS.get(word or "", "other")
    return "stop" if reason == "tool_calls" and not calls else reason


def tier_of(value: Json) -> str | None:
    """Read which tier served the call."""
    return text_or_none(value.get("type")) if is_object(value) else None


def read_usage(value: Json, warnings: list[str]) -> Usage:
    """Bring the tokens used into neutral terms; what was not reported stays None."""
    wire = None if value is None else lenient(value, WireUsage, "the usage was", warnings)
    if wire is None:
        return Usage()
    asked = wire.input_tokens
    cached, written = wire.cache_read_input_tokens, wire.cache_write_input_tokens
    return Usage(
        input_tokens=None if asked is None else asked + (cached or 0) + (written or 0),
        output_tokens=wire.output_tokens,
        total_tokens=wire.total_tokens,
        cached_input_tokens=cached,
        cache_write_tokens=written,
    )

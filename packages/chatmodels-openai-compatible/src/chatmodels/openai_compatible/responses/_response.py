"""Reads whole answers, and what whole and streamed ones have in common."""

from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from chatmodels.core import ChatResponse, FinishReason, Message, Usage
from chatmodels.http.wire import NOT_JSON, Json, is_object, lenient, text_or_none
from chatmodels.openai_compatible.responses._dialect import ResponsesDialect
from chatmodels.openai_compatible.responses._failure import failure_of, reject
from chatmodels.openai_compatible.responses._output import logprobs_of, parts_of
from chatmodels.openai_compatible.responses._wire import (
    WireInputDetails,
    WireOutputDetails,
    WireResponse,
    WireUsage,
    response_decoder,
)

_FINISH_REASONS: dict[str, FinishReason] = {
    "completed": "stop",
    "max_output_tokens": "length",
    "content_filter": "content_filter",
}
"""By `status` and `incomplete_details.reason` of "The response object"; runs that go on in the
background, or were cancelled, are "other"."""

_NO_INPUT = WireInputDetails()
_NO_OUTPUT = WireOutputDetails()


def read_response(body: bytes, dialect: ResponsesDialect) -> ChatResponse[Any]:
    """Translate a whole response.

    Raises:
        ChatModelError: The body tells of an error, or is not a response.
    """
    try:
        wire = response_decoder.decode(body)
        if wire.output is None and wire.status != "failed" and not wire.error:
            reject(body, dialect.name, "it has no output")
        output = wire.output or []
        parts = tuple(part for item in output for _, part in parts_of(item, dialect.mark))
    except NOT_JSON as error:
        reject(body, dialect.name, error)
    check(wire.status, wire.error, dialect.name)
    if not output and wire.status == "completed":
        reject(body, dialect.name, "it has no output")
    warnings: list[str] = []
    word = word_of(wire)
    return ChatResponse(
        message=Message("assistant", parts),
        finish_reason=normalised(word, {part.type for part in parts}),
        raw_finish_reason=word,
        usage=read_usage(wire.usage, warnings),
        model=wire.model or None,
        id=wire.id or None,
        logprobs=tuple(token for item in output for token in logprobs_of(item, warnings)),
        service_tier=text_or_none(wire.service_tier),
        warnings=tuple(warnings),
        payload=msgspec.Raw(body),
    )


def check(status: str | None, error: Json, provider: str) -> None:
    """Raise the error of a response that failed.

    Raises:
        ChatModelError: It did.
    """
    if status == "failed" or error:
        raise failure_of(error or "the response failed", provider)


def word_of(wire: WireResponse) -> str | None:
    """Find the vendor's word for why the answer ended."""
    details = wire.incomplete_details
    reason = text_or_none(details.get("reason")) if is_object(details) else None
    return reason or wire.status or None


def normalised(word: str | None, kinds: AbstractSet[str]) -> FinishReason:
    """Bring the vendor's word into neutral terms: calls and refusals are completed as well."""
    reason = _FINISH_REASONS.get(word or "completed", "other")
    if reason != "stop":
        return reason
    if "tool_call" in kinds:
        return "tool_calls"
    return "refusal" if "refusal" in kinds else "stop"


def read_usage(value: Json, warnings: list[str]) -> Usage:
    """Bring the tokens used into neutral terms; what was not reported stays None."""
    if value is None:
        return Usage()
    wire = lenient(value, WireUsage, "the usage was", warnings)
    if wire is None:
        return Usage()
    into = wire.input_tokens_details or _NO_INPUT
    out = wire.output_tokens_details or _NO_OUTPUT
    return Usage(
        input_tokens=wire.input_tokens,
        output_tokens=wire.output_tokens,
        total_tokens=wire.total_tokens,
        cached_input_tokens=into.cached_tokens,
        cache_write_tokens=into.cache_write_tokens,
        reasoning_tokens=out.reasoning_tokens,
    )

"""Decoding of finish reasons, usage, service tiers and errors in responses."""

from typing import NoReturn

from chatmodels.core import FinishReason, Usage
from chatmodels.http.wire import (
    Json,
    integer_or_none,
    is_object,
    lenient,
    objects,
    raise_for_body,
    text_or_none,
)
from chatmodels.providers.bedrock._blocks import PROVIDER_NAME
from chatmodels.providers.bedrock._errors import error_message, read_failure
from chatmodels.providers.bedrock._wire import WireUsage

FINISH_REASONS: dict[str, FinishReason] = {
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
"""Finish reasons by `stopReason` ("Converse", API reference); only Claude uses "refusal"."""


def reject(data: bytes, why: object) -> NoReturn:
    """Raise the error that a body reports, or report that the body is invalid.

    Raises:
        ChatModelError: Always.
    """
    raise_for_body(
        data, PROVIDER_NAME, "a response", why, read_failure, reports_error=error_message
    )


def read_service_tier(value: Json) -> str | None:
    """Return the tier that served the call."""
    return text_or_none(value.get("type")) if is_object(value) else None


def read_usage(value: Json, warnings: list[str]) -> Usage:
    """Convert token usage to neutral fields; counts that are not reported stay None."""
    wire = None if value is None else lenient(value, WireUsage, "the usage was", warnings)
    if wire is None:
        return Usage()
    uncached = wire.input_tokens
    cached, written = wire.cache_read_input_tokens, wire.cache_write_input_tokens
    return Usage(
        input_tokens=None if uncached is None else uncached + (cached or 0) + (written or 0),
        output_tokens=wire.output_tokens,
        total_tokens=wire.total_tokens,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=_written_1h(wire.cache_details),
    )


def _written_1h(cache_details: Json) -> int | None:
    """Return the tokens that were written to a cache for an hour ("CacheDetail")."""
    counts = [
        integer_or_none(detail.get("inputTokens"))
        for detail in objects(cache_details)
        if detail.get("ttl") == "1h"
    ]
    return sum(count or 0 for count in counts) if counts else None

"""Reads what accompanies the content of a response: the reason of its end, the usage, the tier."""

from typing import NoReturn

from chatmodels.core import FinishReason, Usage
from chatmodels.http.wire import Json, is_object, lenient, raise_for_body, text_or_none
from chatmodels.providers.bedrock._blocks import PROVIDER_NAME
from chatmodels.providers.bedrock._errors import read_failure, words_of
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
"""By `stopReason` ("Converse", API reference); "refusal" is Claude's own word."""


def reject(data: bytes, why: object) -> NoReturn:
    """Refuse what is not of this API, or raise the error that it tells.

    Raises:
        ChatModelError: Always.
    """
    raise_for_body(data, PROVIDER_NAME, "an answer", why, read_failure, tells_error=words_of)


def read_service_tier(value: Json) -> str | None:
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

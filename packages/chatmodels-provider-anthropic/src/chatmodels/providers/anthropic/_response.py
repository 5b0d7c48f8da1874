"""Reads what accompanies the content of a response: the reason of its end, the usage, the tier."""

from typing import NoReturn

from chatmodels.core import FinishReason, Usage
from chatmodels.http.wire import Json, is_object, lenient, reject_body, text_or_none
from chatmodels.providers.anthropic._blocks import PROVIDER_NAME
from chatmodels.providers.anthropic._failure import read_failure
from chatmodels.providers.anthropic._wire import WireUsage

FINISH_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
    "pause_turn": "other",
    "compaction": "other",
}
"""By "Handling stop reasons"."""


def reject(data: bytes, why: object) -> NoReturn:
    """Refuse what is not of this API, or raise the error that it tells.

    Raises:
        ChatModelError: Always.
    """
    reject_body(data, PROVIDER_NAME, "a message", why, read_failure)


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

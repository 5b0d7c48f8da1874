"""Reads the status, the error and the usage of a response."""

import msgspec

from chatmodels.core import FinishReason, Usage
from chatmodels.http.wire import Json, is_object, lenient, text_or_none
from chatmodels.openai_compatible._reported_cost import reported_cost
from chatmodels.openai_compatible.responses._errors import failure_of
from chatmodels.openai_compatible.responses._wire import (
    NO_USAGE,
    WireInputDetails,
    WireOutputDetails,
    WireResponse,
    WireUsage,
)

FINISH_REASONS: dict[str, FinishReason] = {
    "completed": "stop",
    "max_output_tokens": "length",
    "content_filter": "content_filter",
    "cancelled": "other",
    "in_progress": "other",
    "incomplete": "other",
    "queued": "other",
}
"""The finish reasons of `status` and `incomplete_details.reason` ("The response object")."""

_NO_INPUT = WireInputDetails()
_NO_OUTPUT = WireOutputDetails()


def check(status: str | None, error: Json, provider: str) -> None:
    """Raise the error of a response that failed.

    Raises:
        ChatModelError: The response failed.
    """
    if status == "failed" or error:
        raise failure_of(error or "the response failed", provider)


def word_of(wire: WireResponse) -> str | None:
    """Return the vendor's reason for the end of a response."""
    details = wire.incomplete_details
    reason = text_or_none(details.get("reason")) if is_object(details) else None
    return reason or wire.status or None


def read_usage(raw: msgspec.Raw, warnings: list[str]) -> Usage | None:
    """Translate the tokens used; a count that was not reported is None, and so is no usage."""
    if raw == NO_USAGE:
        return None
    wire = lenient(raw, WireUsage, "the usage was", warnings)
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
        reported_cost=reported_cost(
            wire.cost, wire.cost_in_usd_ticks, wire.cost_details, is_byok=wire.is_byok
        ),
    )

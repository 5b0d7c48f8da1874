"""Decoding of finish reasons, refusals, usage and errors in responses."""

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
    warn,
)
from chatmodels.providers.anthropic._blocks import PROVIDER_NAME
from chatmodels.providers.anthropic._errors import read_failure
from chatmodels.providers.anthropic._wire import WireUsage

FINISH_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
    "pause_turn": "paused",
    "compaction": "paused",
}
"""Finish reasons by `stop_reason` ("Handling stop reasons")."""


def reject(data: bytes, why: object) -> NoReturn:
    """Raise the error that a body reports, or report that the body is invalid.

    Raises:
        ChatModelError: Always.
    """
    raise_for_body(data, PROVIDER_NAME, "a message", why, read_failure)


def refused(details: Json, warnings: list[str]) -> None:
    """Add a warning with the other details of a refusal that has no explanation."""
    if not is_object(details) or details.get("explanation"):
        return
    facts = [
        f"{name.replace('_', ' ')}: {value}"
        for name in ("category", "recommended_model")
        if (value := text_or_none(details.get(name)))
    ]
    if facts:
        warn(f"the response was refused ({'; '.join(facts)})", warnings)


def refusal_of(details: Json) -> str | None:
    """Return the explanation of a refusal, if the provider reports one."""
    return text_or_none(details.get("explanation")) if is_object(details) else None


def read_usage(value: Json, warnings: list[str]) -> WireUsage:
    """Decode the token usage; an invalid usage adds a warning and has no counts."""
    return lenient(value, WireUsage, "the usage was", warnings) or _NOT_READABLE


def usage_of(wire: WireUsage) -> Usage:
    """Convert token usage to neutral fields; counts that are not reported stay None."""
    cached, written = wire.cache_read_input_tokens, wire.cache_creation_input_tokens
    uncached, details = wire.input_tokens, wire.output_tokens_details
    total = None if uncached is None else uncached + (cached or 0) + (written or 0)
    billed = None, None
    if wire.iterations is not None:
        billed = _billed(wire.iterations, total, wire.output_tokens)
    return Usage(
        input_tokens=total,
        output_tokens=wire.output_tokens,
        billed_input_tokens=billed[0],
        billed_output_tokens=billed[1],
        cached_input_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=_written_1h(wire.cache_creation),
        reasoning_tokens=None if details is None else details.thinking_tokens,
    )


def tier_of(wire: WireUsage) -> str | None:
    """Return the tier that served the call; "fast" if the speed is, which has prices of its own."""
    return "fast" if wire.speed == "fast" else text_or_none(wire.service_tier)


def _written_1h(cache_creation: Json) -> int | None:
    if not is_object(cache_creation):
        return None
    return integer_or_none(cache_creation.get("ephemeral_1h_input_tokens"))


_NOT_READABLE = WireUsage()
_INPUT = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
_OUTPUT = ("output_tokens",)


def _billed(
    iterations: Json, input_tokens: int | None, output_tokens: int | None
) -> tuple[int | None, int | None]:
    """Return the tokens of all iterations if they differ from those of the messages alone."""
    billed = _total(iterations, _INPUT), _total(iterations, _OUTPUT)
    return billed if billed != (input_tokens, output_tokens) and any(billed) else (None, None)


def _total(iterations: Json, names: tuple[str, ...]) -> int:
    """Sum the tokens of all iterations; the usage itself counts messages only ("Compaction")."""
    counts = (item.get(name) for item in objects(iterations) for name in names)
    return sum(integer_or_none(count) or 0 for count in counts)

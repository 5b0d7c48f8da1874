"""Reads token usage, with the vendors' different names and ways of counting."""

from chatmodels.core import Usage
from chatmodels.http.wire import Json, is_object, lenient, text_or_none
from chatmodels.openai_compatible._reported_cost import reported_cost
from chatmodels.openai_compatible._wire import (
    WireBody,
    WireInputDetails,
    WireOutputDetails,
    WireUsage,
)

_NO_INPUT = WireInputDetails()
_NO_OUTPUT = WireOutputDetails()


def reported_usage(body: WireBody) -> Json:
    """Return the usage in a body or chunk; None if it has none.

    Groq's streams report it in an extension, and in `usage` only if `stream_options` requests it.
    """
    if body.usage is not None:
        return body.usage
    return body.x_groq.get("usage") if is_object(body.x_groq) else None


def read_service_tier(usage: Json) -> str | None:
    """Return the tier that served the call, if the usage contains it ("Priority Tier", Mistral)."""
    return text_or_none(usage.get("service_tier")) if is_object(usage) else None


def read_usage(value: Json, warnings: list[str]) -> Usage:
    """Translate the token usage; counts that are not reported stay None."""
    wire = lenient(value, WireUsage, "the usage was", warnings)
    if wire is None:
        return Usage()
    prompt_details = wire.prompt_tokens_details or _NO_INPUT
    output_details = wire.completion_tokens_details or _NO_OUTPUT
    prompt, output = wire.prompt_tokens, wire.completion_tokens
    reasoning = _first(output_details.reasoning_tokens, wire.reasoning_tokens)
    audio = prompt_details.audio_tokens
    total = wire.total_tokens
    if prompt is not None and output is not None:
        # xAI counts reasoning beside the completion, Mistral audio beside the prompt, all others
        # within; the total shows which.
        if reasoning and total == prompt + output + reasoning:
            output += reasoning
        elif audio and total == prompt + output + audio:
            prompt += audio
        total = prompt + output if total is None else total
    return Usage(
        input_tokens=prompt,
        output_tokens=output,
        total_tokens=total,
        cached_input_tokens=_first(
            prompt_details.cached_tokens,
            wire.cached_tokens,
            wire.num_cached_tokens,
            wire.prompt_cache_hit_tokens,
            wire.cache_read_input_tokens,
        ),
        cache_write_tokens=_first(
            prompt_details.cache_write_tokens, wire.cache_creation_input_tokens
        ),
        reasoning_tokens=reasoning,
        input_audio_tokens=audio,
        output_audio_tokens=output_details.audio_tokens,
        accepted_prediction_tokens=output_details.accepted_prediction_tokens,
        rejected_prediction_tokens=output_details.rejected_prediction_tokens,
        reported_cost=reported_cost(
            wire.cost, wire.cost_in_usd_ticks, wire.cost_details, is_byok=wire.is_byok
        ),
    )


def _first(*numbers: int | None) -> int | None:
    for number in numbers:
        if number is not None:
            return number
    return None

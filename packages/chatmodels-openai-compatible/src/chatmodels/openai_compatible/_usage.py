"""The tokens used, as the vendors count and name them."""

from chatmodels.core import Usage
from chatmodels.http.wire import Json, is_object, lenient, text_or_none
from chatmodels.openai_compatible._wire import (
    WireBody,
    WireInputDetails,
    WireOutputDetails,
    WireUsage,
)

_NO_INPUT = WireInputDetails()
_NO_OUTPUT = WireOutputDetails()


def reported_usage(body: WireBody) -> Json:
    """Find the usage in a body or chunk; None if it has none.

    Groq's streams have it in an extension, and in its own place only if `stream_options` asks.
    """
    if body.usage is not None:
        return body.usage
    return body.x_groq.get("usage") if is_object(body.x_groq) else None


def read_service_tier(usage: Json) -> str | None:
    """Find the tier that served the call, where the usage tells it ("Priority Tier", Mistral)."""
    return text_or_none(usage.get("service_tier")) if is_object(usage) else None


def read_usage(value: Json, warnings: list[str]) -> Usage:
    """Bring the tokens used into neutral terms; what was not reported stays None."""
    wire = lenient(value, WireUsage, "the usage was", warnings)
    if wire is None:
        return Usage()
    into = wire.prompt_tokens_details or _NO_INPUT
    out = wire.completion_tokens_details or _NO_OUTPUT
    asked, output = wire.prompt_tokens, wire.completion_tokens
    reasoning = _first(out.reasoning_tokens, wire.reasoning_tokens)
    total = wire.total_tokens
    if asked is not None and output is not None:
        # xAI counts reasoning beside the completion, Mistral sound beside the prompt, all others
        # within; the total tells.
        if reasoning and total == asked + output + reasoning:
            output += reasoning
        elif into.audio_tokens and total == asked + output + into.audio_tokens:
            asked += into.audio_tokens
        total = asked + output if total is None else total
    return Usage(
        input_tokens=asked,
        output_tokens=output,
        total_tokens=total,
        cached_input_tokens=_first(
            into.cached_tokens,
            wire.cached_tokens,
            wire.num_cached_tokens,
            wire.prompt_cache_hit_tokens,
            wire.cache_read_input_tokens,
        ),
        cache_write_tokens=_first(into.cache_write_tokens, wire.cache_creation_input_tokens),
        reasoning_tokens=reasoning,
        input_audio_tokens=into.audio_tokens,
        output_audio_tokens=out.audio_tokens,
        accepted_prediction_tokens=out.accepted_prediction_tokens,
        rejected_prediction_tokens=out.rejected_prediction_tokens,
    )


def _first(*numbers: int | None) -> int | None:
    for number in numbers:
        if number is not None:
            return number
    return None

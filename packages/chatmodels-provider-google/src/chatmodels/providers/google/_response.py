"""Decoding of finish reasons, usage and log probabilities."""

import msgspec

from chatmodels.core import FinishReason, TokenLogprob, Usage
from chatmodels.http.wire import Json, is_object, lenient, warn
from chatmodels.providers.google._wire import (
    WireChunk,
    WireLogprobs,
    WireModality,
    WireTokenLogprob,
    WireUsage,
    chunk_decoder,
)

FINISH_REASONS: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "ESCALATION": "content_filter",
    "CONTINUATION": "length",  # of a long response, which another request continues
    "PUP_LIMITED_DISABLED": "content_filter",  # the account is limited by the use policy
    "MALFORMED_FUNCTION_CALL": "error",
    "MALFORMED_RESPONSE": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
    "LANGUAGE": "other",
    "OTHER": "other",
}
"""Finish reasons ("FinishReason", API reference)."""

_NUMBERED = ("FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER")
"""The first values of the enum; later numbers differ between the Gemini API and Vertex AI."""


def reason_name(reason: str | int) -> str:
    """Return the name of a finish reason, which can be a number."""
    if isinstance(reason, str):
        return reason
    return _NUMBERED[reason] if 0 <= reason < len(_NUMBERED) else str(reason)


def read_chunk(data: bytes, warnings: list[str]) -> WireChunk:
    """Decode a chunk; invalid usage adds a warning instead of raising an error.

    Raises:
        msgspec.MsgspecError: The data is not a chunk.
    """
    try:
        return chunk_decoder.decode(data)
    except msgspec.ValidationError as error:
        parsed = msgspec.json.decode(data)
        if not is_object(parsed) or not parsed.pop("usageMetadata", None):
            raise
        chunk = chunk_decoder.decode(msgspec.json.encode(parsed))
        warn(f"the usage was omitted as unreadable: {error}", warnings)
        return chunk


def read_usage(wire: WireUsage) -> Usage:
    """Convert token usage to neutral fields; counts that are not reported stay None.

    Input includes the results of Google's tools, and output includes thinking. Google reports both
    separately from prompt and candidates ("UsageMetadata", API reference).
    """
    return Usage(
        input_tokens=_sum(wire.prompt_token_count, wire.tool_use_prompt_token_count),
        output_tokens=_sum(wire.candidates_token_count, wire.thoughts_token_count),
        total_tokens=wire.total_token_count,
        cached_input_tokens=wire.cached_content_token_count,
        reasoning_tokens=wire.thoughts_token_count,
        input_audio_tokens=_audio(wire.prompt_tokens_details),
        output_audio_tokens=_audio(wire.candidates_tokens_details),
    )


def read_logprobs(value: Json, warnings: list[str]) -> tuple[TokenLogprob, ...]:
    """Convert the log probabilities of tokens."""
    wire = lenient(value, WireLogprobs, "log probabilities were", warnings)
    if wire is None:
        return ()
    tops = [tuple(map(_logprob, top.candidates)) for top in wire.top_candidates]
    tops += [()] * (len(wire.chosen_candidates) - len(tops))
    return tuple(
        TokenLogprob(chosen.token, chosen.log_probability, top)
        for chosen, top in zip(wire.chosen_candidates, tops, strict=False)
    )


def _logprob(wire: WireTokenLogprob) -> TokenLogprob:
    return TokenLogprob(wire.token, wire.log_probability)


def _sum(first: int | None, second: int | None) -> int | None:
    return None if first is None and second is None else (first or 0) + (second or 0)


def _audio(details: tuple[WireModality, ...]) -> int | None:
    for detail in details:
        if detail.modality == "AUDIO":
            return detail.token_count
    return None

"""Splits the tokens of a call into the kinds that have prices, each token once."""

from chatmodels.core._values.cost import CostKind, Estimate
from chatmodels.core._values.usage import Usage


def billed_tokens(usage: Usage, /) -> tuple[dict[CostKind, int], set[Estimate]] | None:
    """Split the tokens of a call into kinds, whose sum is the number of all its tokens.

    Counts that contradict each other are limited, so that no kind is negative.

    Args:
        usage: The tokens.

    Returns:
        Kind to its number of tokens, without those of 0; and what is estimated. None if the
        number of input or output tokens is not reported.
    """
    billed_input, billed_output = usage.billed_input_tokens, usage.billed_output_tokens
    total = usage.input_tokens if billed_input is None else billed_input
    output = usage.output_tokens if billed_output is None else billed_output
    if total is None or output is None:
        return None
    estimated: set[Estimate] = set()
    if total != usage.input_tokens or output != usage.output_tokens:
        # The vendor does not report which of the billed tokens are cached or audio.
        return _nonzero({"input": total, "output": output}), {"billed_tokens"}
    if not (
        usage.cached_input_tokens
        or usage.cache_write_tokens
        or usage.input_audio_tokens
        or usage.reasoning_tokens
        or usage.output_audio_tokens
    ):  # fast path: the same as below
        return _nonzero({"input": total, "output": output}), estimated
    read = min(usage.cached_input_tokens or 0, total)
    written = min(usage.cache_write_tokens or 0, total - read)
    written_1h = min(usage.cache_write_1h_tokens or 0, written)
    audio = min(usage.input_audio_tokens or 0, total)
    # No vendor reports how much of the audio is cached: as little as possible.
    overlap = max(0, read + written + audio - total)
    cached_audio = min(overlap, read)
    if audio and read + written:
        estimated.add("input_audio")
    reasoning = min(usage.reasoning_tokens or 0, output)
    output_audio = min(usage.output_audio_tokens or 0, output - reasoning)
    return _nonzero(
        {
            "input": total - read - written - audio + overlap,
            "cached_input": read - cached_audio,
            "cache_write": written - written_1h,
            "cache_write_1h": written_1h,
            "input_audio": audio - overlap,
            "cached_input_audio": cached_audio,
            "output": output - reasoning - output_audio,
            "reasoning": reasoning,
            "output_audio": output_audio,
        }
    ), estimated


def _nonzero(tokens: dict[CostKind, int]) -> dict[CostKind, int]:
    return {kind: number for kind, number in tokens.items() if number}

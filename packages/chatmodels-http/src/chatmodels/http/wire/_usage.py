"""Merging usage that is reported several times in one stream."""

from msgspec.structs import asdict

from chatmodels.core import Usage

_INPUT = (
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
)
_OUTPUT = (
    "output_tokens",
    "reasoning_tokens",
    "output_audio_tokens",
    "accepted_prediction_tokens",
    "rejected_prediction_tokens",
)


def merge_usage(earlier: Usage, new: Usage) -> Usage:
    """Return the newer usage, completed from earlier chunks.

    Gateways end streams with zeros, or report the input and the output in different chunks. A
    count never returns to zero, except a detail of tokens that are reported again.

    Args:
        earlier: The usage of earlier chunks.
        new: The usage of this chunk.
    """
    no_input = earlier.input_tokens and not new.input_tokens
    no_output = earlier.output_tokens and not new.output_tokens
    if not (no_input or no_output):
        return new
    names = [*(_INPUT if no_input else ()), *(_OUTPUT if no_output else ())]
    if new.reported_cost is None:
        names.append("reported_cost")
    fields = asdict(new) | {name: getattr(earlier, name) for name in names}
    # The constructor adds up the total; `replace` does so from msgspec 0.21 on.
    return Usage(**fields | {"total_tokens": None})

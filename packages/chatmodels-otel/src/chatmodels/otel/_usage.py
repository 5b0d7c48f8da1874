"""Tokens as the conventions count them: what is billed, where the vendor tells it apart."""

from msgspec.structs import replace

from chatmodels.core import Usage


def billed(usage: Usage) -> Usage:
    """Put what is billed in the place of what was used.

    What of it was cached, thought or sound is told of use alone, and may therefore be more.
    """
    asked, said = usage.billed_input_tokens, usage.billed_output_tokens
    if asked is None and said is None:
        return usage
    return replace(
        usage,
        input_tokens=usage.input_tokens if asked is None else asked,
        output_tokens=usage.output_tokens if said is None else said,
        total_tokens=None,
    )

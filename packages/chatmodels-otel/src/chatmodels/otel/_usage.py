"""Token usage as the conventions count it: billed tokens, if the vendor reports them."""

from msgspec.structs import replace

from chatmodels.core import Usage


def billed_usage(usage: Usage) -> Usage:
    """Replace the used tokens by the billed ones.

    Cached, reasoning and audio tokens are reported only for usage, and can therefore exceed the
    billed tokens.
    """
    billed_input, billed_output = usage.billed_input_tokens, usage.billed_output_tokens
    if billed_input is None and billed_output is None:
        return usage
    return replace(
        usage,
        input_tokens=usage.input_tokens if billed_input is None else billed_input,
        output_tokens=usage.output_tokens if billed_output is None else billed_output,
        total_tokens=None,
    )

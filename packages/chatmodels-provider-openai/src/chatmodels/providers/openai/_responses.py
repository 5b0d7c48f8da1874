"""How OpenAI speaks the Responses API; imported with the first model that is asked through it.

The state of reasoning is given without being asked for ("The reasoning item" in the reference),
so that a conversation goes on where OpenAI does not store it, too.
"""

from chatmodels.openai_compatible.responses import (
    RESPONSES_SETTINGS,
    ResponsesCodec,
    ResponsesDialect,
)

RESPONSES = ResponsesDialect(
    name="openai",
    # "user" is deprecated in favour of it ("Create a model response").
    settings={**RESPONSES_SETTINGS, "user": "safety_identifier"},
)

_CODEC = ResponsesCodec(RESPONSES)


def responses_codec(headers: tuple[tuple[str, str], ...]) -> ResponsesCodec:
    """Give the codec, with the headers that name the account to bill."""
    return ResponsesCodec(RESPONSES, headers) if headers else _CODEC

"""How OpenAI speaks the Responses API; imported with the first model that is asked through it.

The state of reasoning is given without being asked for ("The reasoning item" in the reference),
so that a conversation goes on where OpenAI does not store it, too.
"""

from functools import lru_cache

from chatmodels.http import Codec
from chatmodels.openai_compatible.responses import (
    RESPONSES_SETTINGS,
    ResponsesDialect,
    responses_codec,
)

RESPONSES = ResponsesDialect(
    name="openai",
    # "user" is deprecated in favour of it ("Create a model response").
    settings={**RESPONSES_SETTINGS, "user": "safety_identifier"},
)


@lru_cache
def codec(headers: tuple[tuple[str, str], ...]) -> Codec:
    """Return the codec, with the headers that name the account to bill."""
    return responses_codec(RESPONSES, headers)

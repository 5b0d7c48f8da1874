"""How OpenAI speaks the Responses API; imported with the first model that is asked through it.

The state of reasoning is given without being asked for ("The reasoning item" in the reference),
so that a conversation goes on where OpenAI does not store it, too.
"""

from functools import lru_cache

from msgspec.structs import replace

from chatmodels.http import Codec
from chatmodels.openai_compatible.responses import (
    RESPONSES_SETTINGS,
    ResponsesDialect,
    responses_codec,
)
from chatmodels.providers.openai._dialect import (
    DOMAINS,
    FAMILIES,
    IMAGE_TYPES,
    VALUES,
    for_model,
)

RESPONSES = ResponsesDialect(
    name="openai",
    # "user" is deprecated in favour of it ("Create a model response").
    settings={**RESPONSES_SETTINGS, "user": "safety_identifier"},
    values=VALUES,
    image_types=IMAGE_TYPES,
    refused_files=("application/octet-stream", "image/svg"),  # "File inputs"
    paired_calls=DOMAINS,
)

_ELSEWHERE = replace(RESPONSES, values={}, image_types=None, refused_files=())


@lru_cache(maxsize=256)
def codec(model: str, headers: tuple[tuple[str, str], ...], *, official: bool) -> Codec:
    """Return the codec for a model.

    Args:
        model: The model's name.
        headers: The headers that name the account to bill.
        official: Whether the address is OpenAI's, which has values of its own, and types of media
            that it does not accept.
    """
    dialect = for_model(RESPONSES if official else _ELSEWHERE, model)
    return replace(responses_codec(dialect, headers), families=FAMILIES)

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
    sampling_rules,
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


@lru_cache(maxsize=256)
def codec(model: str, headers: tuple[tuple[str, str], ...], *, official: bool) -> Codec:
    """Return the codec for a model.

    Args:
        model: The model's name.
        headers: The headers that name the account to bill.
        official: Whether the address is OpenAI's, which has values of its own, and types of media
            that it does not accept.
    """
    never, beside = sampling_rules(model)
    kept = {name: field for name, field in RESPONSES.settings.items() if name not in never}
    dialect = replace(
        RESPONSES,
        settings=kept,
        not_with_reasoning=beside,
        values=RESPONSES.values if official else {},
        image_types=RESPONSES.image_types if official else None,
        refused_files=RESPONSES.refused_files if official else (),
    )
    return replace(responses_codec(dialect, headers), families=FAMILIES)

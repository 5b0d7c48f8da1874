"""OpenAI's dialect of the Responses API; imported with the first model that uses it.

The API returns the state of reasoning by default ("The reasoning item" in the reference), so that
conversations can continue even if OpenAI does not store them.
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
    # "safety_identifier" replaces the deprecated "user" ("Create a model response").
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
        headers: The headers for the account to bill.
        official: Whether the base URL is OpenAI's, for which values and media types are checked.
    """
    never, not_with_reasoning = sampling_rules(model)
    settings = {name: field for name, field in RESPONSES.settings.items() if name not in never}
    dialect = replace(
        RESPONSES,
        settings=settings,
        not_with_reasoning=not_with_reasoning,
        values=RESPONSES.values if official else {},
        image_types=RESPONSES.image_types if official else None,
        refused_files=RESPONSES.refused_files if official else (),
    )
    return replace(responses_codec(dialect, headers), families=FAMILIES)

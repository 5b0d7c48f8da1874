"""OpenAI's dialect of the Responses API; imported with the first model that uses it.

The API returns the state of reasoning by default ("The reasoning item" in the reference), so that
conversations can continue even if OpenAI does not store them.
"""

from functools import lru_cache, partial

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
    batches,
    for_model,
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

_COMPATIBLE = replace(RESPONSES, values={}, image_types=None, refused_files=())


@lru_cache(maxsize=256)
def codec(model: str, headers: tuple[tuple[str, str], ...], *, official: bool) -> Codec:
    """Return the codec for a model.

    Args:
        model: The model's name.
        headers: The headers for the account to bill.
        official: Whether the base URL is OpenAI's, for which values and media types are checked.
    """
    dialect = for_model(RESPONSES if official else _COMPATIBLE, model)
    responses = responses_codec(dialect, headers)
    return replace(
        responses, batches=partial(batches, responses.failure, headers), families=FAMILIES
    )

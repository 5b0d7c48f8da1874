"""How Azure speaks chat completions: as OpenAI does, and less so in old versions of its API."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from chatmodels.http import IdForm
from chatmodels.openai_compatible import COMMON_SETTINGS, OPENAI_SCHEMAS, Dialect
from chatmodels.providers.azure._address import Address

VALUES = {"service_tier": ("auto", "default", "flex", "scale", "priority")}
"""The words of the tiers ("ServiceTier Enum" and "Flex processing")."""

IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""The images that OpenAI's models see ("Use vision-enabled chat models")."""

FILE_TYPES = ("application/pdf",)
"""The files that they read ("Azure OpenAI Responses API", under file input)."""

DOMAINS = ("azure.com", "azure.us")
"""Azure's own addresses, those of all resources."""

DIALECT = Dialect(
    name="azure",
    settings={
        **COMMON_SETTINGS,
        # `max_tokens` is refused by reasoning models ("Azure OpenAI reasoning models").
        "max_output_tokens": "max_completion_tokens",
        "reasoning_effort": "reasoning_effort",
        "metadata": "metadata",
        "store": "store",
        "service_tier": "service_tier",
        "prompt_cache_key": "prompt_cache_key",
        "prompt_cache_retention": "prompt_cache_retention",
        "prediction": "prediction",
        "audio_output": "audio",
        "verbosity": "verbosity",
    },
    values=VALUES,
    inputs=frozenset({"image", "image_url", "audio", "file", "file_id"}),
    image_types=IMAGE_TYPES,
    file_types=FILE_TYPES,
    text_fields=frozenset(),
    reasoning_details=True,  # of models of other makers
    call_ids=IdForm(r"[\s\S]{1,40}", 40),
    paired_calls=DOMAINS,
    reasoning_field="as_sent",  # by models of other makers
)
"""That of the v1 endpoints, and of the dated ones since they know the same."""

SCHEMAS = replace(OPENAI_SCHEMAS, longest_description=1_024)
"""Descriptions of tools are limited here ("Function calling")."""

_FIRST_LIKE_IT = "2024-09-01"
"""The version that knows `max_completion_tokens` and `stream_options` ("API version lifecycle")."""

_OF_ALL_MAKERS = {**COMMON_SETTINGS, "reasoning_effort": "reasoning_effort"}


def dialect_at(address: Address, *, token: bool) -> Dialect:
    """Make the dialect of an endpoint.

    Args:
        address: The endpoint.
        token: Whether the secret is a token instead of an API key.
    """
    dialect = DIALECT
    if address.kind == "inference":
        dialect = replace(
            DIALECT,
            settings=_OF_ALL_MAKERS,
            image_types=None,
            file_types=None,
            text_fields=None,
            paired_calls=(),
        )
    elif address.kind == "dated" and address.version < _FIRST_LIKE_IT:
        dialect = replace(DIALECT, settings=COMMON_SETTINGS, usage_option=False)
    return replace(dialect, **server_at(address, token=token))


def server_at(address: Address, *, token: bool) -> Mapping[str, Any]:
    """Give the fields of a dialect that tell where an endpoint is, and how to get in."""
    fields: dict[str, Any] = {"models_path": address.models, "health_path": address.health}
    fields["schemas"] = SCHEMAS
    return fields if token else fields | {"key_header": "api-key", "key_prefix": ""}

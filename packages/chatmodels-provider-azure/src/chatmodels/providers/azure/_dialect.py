"""Azure's dialect of chat completions: OpenAI's, with fewer fields in old API versions."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from chatmodels.http import IdForm
from chatmodels.openai_compatible import COMMON_SETTINGS, OPENAI_SCHEMAS, Dialect
from chatmodels.providers.azure._address import Address

VALUES = {"service_tier": ("auto", "default", "flex", "scale", "priority")}
"""The names of the service tiers ("ServiceTier Enum" and "Flex processing")."""

IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""The image types of OpenAI's models ("Use vision-enabled chat models")."""

FILE_TYPES = ("application/pdf",)
"""The file types of OpenAI's models ("Azure OpenAI Responses API", file input)."""

DOMAINS = ("azure.com", "azure.us")
"""The domains of all Azure resources."""

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
    reasoning_details=True,  # from models of other vendors
    call_ids=IdForm(r"[\s\S]{1,40}", 40),
    paired_calls=DOMAINS,
    reasoning_field="as_sent",  # by models of other vendors
)
"""The dialect of v1 endpoints, and of dated endpoints with the same fields."""

SCHEMAS = replace(OPENAI_SCHEMAS, longest_description=1_024)
"""OpenAI's schema rules with a limit for tool descriptions ("Function calling")."""

_FIRST_FULL_VERSION = "2024-09-01"
"""The first with `max_completion_tokens` and `stream_options` ("API version lifecycle")."""

_INFERENCE_SETTINGS = {**COMMON_SETTINGS, "reasoning_effort": "reasoning_effort"}


def dialect_at(address: Address, *, token: bool) -> Dialect:
    """Create the dialect of an endpoint.

    Args:
        address: The endpoint.
        token: Whether the secret is a token instead of an API key.
    """
    dialect = DIALECT
    if address.kind == "inference":
        dialect = replace(
            DIALECT,
            settings=_INFERENCE_SETTINGS,
            image_types=None,
            file_types=None,
            text_fields=None,
            paired_calls=(),
        )
    elif address.kind == "dated" and address.version < _FIRST_FULL_VERSION:
        dialect = replace(DIALECT, settings=COMMON_SETTINGS, usage_option=False)
    return replace(dialect, **endpoint_fields(address, token=token))


def endpoint_fields(address: Address, *, token: bool) -> Mapping[str, Any]:
    """Return the fields of a dialect for the paths and the authentication of an endpoint."""
    fields: dict[str, Any] = {"models_path": address.models, "health_path": address.health}
    fields["schemas"] = SCHEMAS
    return fields if token else fields | {"key_header": "api-key", "key_prefix": ""}

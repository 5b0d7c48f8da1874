"""The provider `openai-compatible`, for a server at any address.

`create_chat_model("openai-compatible:my-model", base_url="http://localhost:8000/v1")` needs no key.
Importing the module registers the provider.
"""

from collections.abc import Collection, Mapping
from typing import Any

from msgspec.structs import replace

from chatmodels.core.extending import (
    OptionSpec,
    ProviderOptions,
    is_provider_name,
    publish,
    register_provider,
)
from chatmodels.openai_compatible._dialect import ANY_SERVER, Dialect
from chatmodels.openai_compatible._vendor import compatible_provider

__all__ = ["PROVIDER"]

_FORMATS: Mapping[str, frozenset[str]] = {
    "json_schema": frozenset({"json_schema", "json_object"}),
    "json_object": frozenset({"json_object"}),
    "tool": frozenset(),
}
_VALUES: Mapping[str, Collection[object]] = {
    "max_tokens_field": ("max_tokens", "max_completion_tokens"),
    "reasoning_field": ("as_sent", "reasoning_content", "reasoning", "none"),
    "output_format": tuple(_FORMATS),
    "system_role": ("system", "developer"),
    "think_tags": (True, False),
    "usage_option": (True, False),
}


def configure(dialect: Dialect, options: ProviderOptions, problems: list[str]) -> Dialect:
    """Return the dialect that the options describe; wrong values are added to the problems."""
    given = options.extra
    for name, values in _VALUES.items():
        if name in given and given[name] not in values:
            choices = " or ".join(map(repr, values))
            problems.append(f"{dialect.name}: {name} must be {choices}, not {given[name]!r}")
    name = given.get("name", dialect.name)
    if not isinstance(name, str) or not is_provider_name(name):
        problems.append(
            f"{dialect.name}: name must be lower-case letters and digits, joined by '-' or '_', "
            f"not {name!r}"
        )
    if problems or not given:
        return dialect
    changes: dict[str, Any] = {"name": name}
    if "max_tokens_field" in given:
        field = given["max_tokens_field"]
        changes["settings"] = {**dialect.settings, "max_output_tokens": field}
    if "reasoning_field" in given:
        field = given["reasoning_field"]
        changes["reasoning_field"] = None if field == "none" else field
    if "output_format" in given:
        changes["output_formats"] = _FORMATS[str(given["output_format"])]
    same = ("system_role", "think_tags", "usage_option")
    changes |= {each: given[each] for each in same if each in given}
    return replace(dialect, **changes)


PROVIDER = compatible_provider(
    ANY_SERVER,
    description="Models at any address that speaks OpenAI's chat completions.",
    distribution="chatmodels-openai-compatible",
    base_url=None,
    base_url_env=("OPENAI_COMPATIBLE_BASE_URL",),
    api_key_env=("OPENAI_COMPATIBLE_API_KEY",),
    api_key_required=False,
    options=(
        OptionSpec(
            name="name",
            description="The name of the provider in errors and telemetry.",
            default='"openai-compatible"',
        ),
        OptionSpec(
            name="max_tokens_field",
            description="The field of the setting max_output_tokens.",
            type='Literal["max_tokens", "max_completion_tokens"]',
            default='"max_tokens"',
        ),
        OptionSpec(
            name="reasoning_field",
            description=(
                "The field in which reasoning is returned to the server: by default the one in "
                'which it was sent; "none" omits it.'
            ),
            type='Literal["as_sent", "reasoning_content", "reasoning", "none"]',
            default='"as_sent"',
        ),
        OptionSpec(
            name="think_tags",
            description="Whether texts can begin with reasoning in <think> tags.",
            type="bool",
            default="False",
        ),
        OptionSpec(
            name="output_format",
            description=(
                "The response_format that the server supports; the last one requests structured "
                "output through a tool."
            ),
            type='Literal["json_schema", "json_object", "tool"]',
            default='"json_schema"',
        ),
        OptionSpec(
            name="system_role",
            description="The role of instructions.",
            type='Literal["system", "developer"]',
            default='"system"',
        ),
        OptionSpec(
            name="usage_option",
            description=(
                "Whether streams request their usage with stream_options, which some servers "
                "reject."
            ),
            type="bool",
            default="True",
        ),
    ),
    documentation_url="https://platform.openai.com/docs/api-reference/chat",
    configure=configure,
)
"""The provider `openai-compatible`."""

publish(globals())

register_provider(PROVIDER)

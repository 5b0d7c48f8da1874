"""Snowflake's dialect and metadata.

Sources, as of November 2026: "Cortex REST API" and "Cortex Chat Completions API" of Snowflake's
documentation, the rules that pydantic-ai 2 and LiteLLM 1.110 have measured, and responses of its
API.
"""

from msgspec.structs import replace

from chatmodels.core.extending import OptionSpec
from chatmodels.http.wire import Json
from chatmodels.openai_compatible import (
    COMMON_SETTINGS,
    Dialect,
    compatible_provider,
    split_parallel_calls,
)

_SETTINGS = {
    **{name: field for name, field in COMMON_SETTINGS.items() if name != "logit_bias"},
    # 400: "max_tokens is deprecated in favor of max_completion_tokens"
    "max_output_tokens": "max_completion_tokens",
}

DIALECT = Dialect(
    name="snowflake",
    settings={
        **_SETTINGS,
        "reasoning_effort": "reasoning_effort",
        "reasoning_budget": "reasoning.max_tokens",
    },
    exclusive=(("reasoning_budget", "reasoning_effort"),),
    strict_tools=False,
)
"""Snowflake's chat completions, for models of which nothing is known."""


def adapt(body: dict[str, Json], problems: list[str]) -> None:
    """Send each call before its result, and the temperature that reasoning requires."""
    split_parallel_calls(body, problems)  # 400 for several results
    if "reasoning" in body:
        body["temperature"] = 1  # it is another one by default


# Accepted for Claude, without an effect.
_IGNORED = {"seed", "frequency_penalty", "presence_penalty", "parallel_tool_calls"}
_CLAUDE = replace(
    DIALECT,
    settings={
        **{name: field for name, field in _SETTINGS.items() if name not in _IGNORED},
        "reasoning_effort": "reasoning.effort",  # `reasoning_effort` is ignored
        "reasoning_budget": "reasoning.max_tokens",
    },
    values={"reasoning_effort": ("low", "medium", "high")},
    not_with_reasoning=("temperature",),
    reasoning_details=True,
    text_fields=frozenset({"cache_control"}),
    output_formats=frozenset({"json_schema"}),  # 400 for "json_object"
    adapt=adapt,
)
_GPT = replace(DIALECT, settings={**_SETTINGS, "reasoning_effort": "reasoning_effort"})
# Tools are an error for these, and a response format is ignored.
_OTHERS = replace(DIALECT, settings=_SETTINGS, tools=False, output_formats=frozenset())

PROVIDER = compatible_provider(
    DIALECT,
    description="The models of Snowflake Cortex.",
    base_url="https://{account}.snowflakecomputing.com/api/v2/cortex/v1",
    api_key_env=["SNOWFLAKE_PAT"],
    options=[
        OptionSpec(
            name="account",
            description="The account identifier in the address.",
            env=("SNOWFLAKE_ACCOUNT",),
        ),
    ],
    families={
        "claude-*": _CLAUDE,
        "openai-*": _GPT,
        **dict.fromkeys(("llama*", "snowflake-*", "mistral*", "mixtral*", "deepseek-*"), _OTHERS),
    },
    documentation_url=("https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api"),
)
"""The provider `snowflake`."""

part_options = PROVIDER.part_options
"""Returns options for the preceding part of a message, such as `cache_control`."""

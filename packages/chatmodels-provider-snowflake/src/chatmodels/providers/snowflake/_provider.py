"""Snowflake's dialect and metadata.

Sources, as of November 2026: "Cortex REST API" and "Cortex Chat Completions API" of Snowflake's
documentation, and responses of its API.
"""

from msgspec.structs import replace

from chatmodels.core.extending import OptionSpec
from chatmodels.openai_compatible import (
    COMMON_SETTINGS,
    Dialect,
    compatible_provider,
    split_parallel_calls,
)

DIALECT = Dialect(
    name="snowflake",
    settings={
        **{name: field for name, field in COMMON_SETTINGS.items() if name != "logit_bias"},
        # 400: "max_tokens is deprecated in favor of max_completion_tokens"
        "max_output_tokens": "max_completion_tokens",
        "reasoning_effort": "reasoning_effort",
    },
)
"""Snowflake's chat completions, for models of which nothing is known."""

# Accepted for Claude, without an effect.
_IGNORED = {"seed", "frequency_penalty", "presence_penalty", "parallel_tool_calls"}

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
        "claude-*": replace(
            DIALECT,
            settings={k: v for k, v in DIALECT.settings.items() if k not in _IGNORED},
            output_formats=frozenset({"json_schema"}),  # 400 for "json_object"
            adapt=split_parallel_calls,  # 400 for several results
        ),
    },
    documentation_url=("https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api"),
)
"""The provider `snowflake`."""

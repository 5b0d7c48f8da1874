"""Databricks's dialect and metadata.

Sources, as of November 2026: "Foundation model REST API reference", "Query reasoning models" and
"Structured outputs on Databricks" of the documentation of Databricks, databricks-openai 0.18,
databricks-sdk 0.162, the rules that LiteLLM 1.110 has measured, and responses of its API.
"""

from msgspec.structs import replace

from chatmodels.http import HttpRequest, Listing
from chatmodels.http.wire import Json, is_object
from chatmodels.openai_compatible import Dialect, compatible_provider, split_parallel_calls
from chatmodels.providers.databricks._listing import read_endpoints


def with_type(body: dict[str, Json], problems: list[str]) -> None:
    """Add the type to the limit of reasoning tokens."""
    thinking = body.get("thinking")
    if is_object(thinking):
        thinking.setdefault("type", "enabled")  # {"type": "enabled", "budget_tokens": 10240}


def adapt(body: dict[str, Json], problems: list[str]) -> None:
    """Add the type to the limit of reasoning tokens, and send each call before its result.

    GPT-OSS otherwise responds 400: "Multiple tool calls are not supported." (pull request 31633 of
    LiteLLM).
    """
    with_type(body, problems)
    split_parallel_calls(body, problems)


_SETTINGS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_output_tokens": "max_tokens",
    "stop": "stop",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
}

DIALECT = Dialect(
    name="databricks",
    settings={
        **_SETTINGS,
        "reasoning_effort": "reasoning_effort",
        "reasoning_budget": "thinking.budget_tokens",
        "service_tier": "service_tier",
    },
    chat_path="/serving-endpoints/chat/completions",
    models_path="/api/2.0/serving-endpoints",
    usage_option=False,  # each chunk has the usage
    adapt=adapt,
)
"""Databricks's chat completions, for models of which nothing is known."""

_CLAUDE = replace(
    DIALECT,
    settings={**_SETTINGS, "reasoning_budget": "thinking.budget_tokens"},
    strict_tools=False,  # 400: "tools.0.custom.strict: Extra inputs are not permitted"
    output_formats=frozenset({"json_schema"}),
    text_fields=frozenset({"cache_control"}),
    adapt=with_type,
)

PROVIDER = compatible_provider(
    DIALECT,
    description="The foundation models and serving endpoints of a Databricks workspace.",
    base_url=None,
    api_key_env=["DATABRICKS_TOKEN"],
    base_url_env=["DATABRICKS_HOST"],
    families={
        # "Query reasoning models": Claude has budgets up to 5, GPT-OSS has levels. The effort of
        # Claude 5.5 is a parameter of the Messages API.
        "databricks-claude-*-5-5": replace(_CLAUDE, settings=_SETTINGS, adapt=None),
        "databricks-claude-*": _CLAUDE,
        "databricks-gpt-oss-*": replace(
            DIALECT,
            settings={**_SETTINGS, "reasoning_effort": "reasoning_effort"},
            values={"reasoning_effort": ("low", "medium", "high")},
            inputs=frozenset(),
        ),
    },
    listing=Listing(HttpRequest(method="GET", path=DIALECT.models_path or ""), read_endpoints),
    documentation_url=(
        "https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference"
    ),
)
"""The provider `databricks`."""

part_options = PROVIDER.part_options
"""Returns options for the preceding part of a message, such as `cache_control`."""

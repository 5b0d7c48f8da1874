"""Databricks's dialect and metadata.

Sources, as of November 2026: "Foundation model REST API reference" and "Query reasoning models" of
the documentation of Databricks, databricks-openai 0.18, databricks-sdk 0.162, and responses of its
API.
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
    """Add the type to the limit of reasoning tokens, and send each call before its result."""
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

PROVIDER = compatible_provider(
    DIALECT,
    description="The foundation models and serving endpoints of a Databricks workspace.",
    base_url=None,
    api_key_env=["DATABRICKS_TOKEN"],
    base_url_env=["DATABRICKS_HOST"],
    families={
        # "Query reasoning models": Claude has budgets, GPT-OSS has levels.
        "databricks-claude-*": replace(
            DIALECT,
            settings={**_SETTINGS, "reasoning_budget": "thinking.budget_tokens"},
            adapt=with_type,
        ),
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

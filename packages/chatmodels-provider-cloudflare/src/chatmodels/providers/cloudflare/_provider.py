"""Cloudflare's dialect and metadata.

Sources, as of November 2026: "OpenAI compatible API endpoints" of the documentation of Workers AI,
the types of cloudflare 5.9, and responses of its API.
"""

from chatmodels.core.extending import OptionSpec
from chatmodels.http import HttpRequest, Listing
from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect, compatible_provider
from chatmodels.providers.cloudflare._listing import read_catalog

# The types of cloudflare do not have them.
_UNSUPPORTED = {"logprobs", "top_logprobs", "logit_bias", "parallel_tool_calls", "user"}

DIALECT = Dialect(
    name="cloudflare",
    settings={
        **{name: field for name, field in COMMON_SETTINGS.items() if name not in _UNSUPPORTED},
        "top_k": "top_k",
        "reasoning_effort": "reasoning_effort",
    },
    chat_path="/v1/chat/completions",
    models_path="/models/search",
    strict_tools=False,
    reasoning_field="as_sent",
)
"""The chat completions of Cloudflare Workers AI."""

PROVIDER = compatible_provider(
    DIALECT,
    description="Open models on Cloudflare Workers AI.",
    base_url="https://api.cloudflare.com/client/v4/accounts/{account_id}/ai",
    api_key_env=["CLOUDFLARE_API_TOKEN"],
    options=[
        OptionSpec(
            name="account_id",
            description="The account in the address.",
            env=("CLOUDFLARE_ACCOUNT_ID",),
        ),
    ],
    listing=Listing(HttpRequest(method="GET", path=DIALECT.models_path or ""), read_catalog),
    documentation_url=(
        "https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/"
    ),
)
"""The provider `cloudflare`."""

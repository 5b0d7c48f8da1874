"""The dialect and metadata of LM Studio's server.

Sources, as of November 2026: "Chat Completions", "Structured Output", "Tool Use", "Authentication"
and "API Changelog" of the developer documentation of LM Studio.
"""

from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect, compatible_provider

# "Chat Completions" lists the supported parameters.
_UNSUPPORTED = {"logprobs", "top_logprobs", "parallel_tool_calls", "user"}
_SETTINGS = {name: field for name, field in COMMON_SETTINGS.items() if name not in _UNSUPPORTED}

DIALECT = Dialect(
    name="lmstudio",
    settings={**_SETTINGS, "top_k": "top_k"},
    sends_named_tool_alone=True,  # "API Changelog", 0.3.15, documents no choice by name
    output_formats=frozenset({"json_schema"}),  # "Structured Output"; the other type is "text"
    inputs=frozenset({"image"}),
    think_tags=True,  # "API Changelog", 0.3.9: in the text, unless the app is set otherwise
    reasoning_field="as_sent",  # `reasoning` or `reasoning_content`, as the model requires
)
"""LM Studio's chat completions."""

PROVIDER = compatible_provider(
    DIALECT,
    description="Models that LM Studio runs.",
    base_url="http://127.0.0.1:1234/v1",
    api_key_env=["LM_API_TOKEN"],
    api_key_required=False,
    base_url_env=["LMSTUDIO_BASE_URL"],
    documentation_url="https://lmstudio.ai/docs/developer/openai-compat",
)
"""The provider `lmstudio`."""

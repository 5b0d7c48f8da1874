"""The dialect and metadata of LiteLLM's proxy.

Sources, as of November 2026: "LiteLLM Proxy (LLM Gateway)", "Input Params", "Reasoning Content"
and "Response Headers" of the documentation of LiteLLM, and responses of litellm 1.110.2.
"""

from msgspec.structs import replace

from chatmodels.openai_compatible import ANY_SERVER, compatible_provider

# The proxy translates OpenAI's fields for the vendor behind it, which decides.
DIALECT = replace(
    ANY_SERVER,
    name="litellm",
    settings={**ANY_SERVER.settings, "top_k": "top_k"},
    reasoning_field="reasoning_content",
    reasoning_details=False,
)
"""The chat completions of LiteLLM's proxy."""

PROVIDER = compatible_provider(
    DIALECT,
    description="Models behind a LiteLLM proxy.",
    base_url="http://127.0.0.1:4000/v1",
    api_key_env=["LITELLM_PROXY_API_KEY"],
    api_key_required=False,
    base_url_env=["LITELLM_PROXY_API_BASE"],
    documentation_url="https://docs.litellm.ai/docs/proxy/user_keys",
)
"""The provider `litellm`."""

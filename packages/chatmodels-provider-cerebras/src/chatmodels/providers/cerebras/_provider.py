"""Cerebras's dialect and metadata.

Sources, as of November 2026: "Reasoning" of the documentation of Cerebras Inference, the types of
cerebras-cloud-sdk 1.91, and responses of its API.
"""

from msgspec.structs import replace

from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect, compatible_provider

DIALECT = Dialect(
    name="cerebras",
    settings={
        **COMMON_SETTINGS,
        "max_output_tokens": "max_completion_tokens",
        "reasoning_effort": "reasoning_effort",
        "service_tier": "service_tier",
        "prompt_cache_key": "prompt_cache_key",
        "prediction": "prediction",
    },
    values={
        "reasoning_effort": ("none", "low", "medium", "high"),
        "service_tier": ("auto", "default", "flex", "priority"),
    },
    ranges={"temperature": (0, 2)},
    reasoning_field="reasoning",
    think_tags=True,  # "Reasoning": Qwen models put it into the text by default
)
"""Cerebras's chat completions, for models of which nothing is known."""

PROVIDER = compatible_provider(
    DIALECT,
    description="Open models on Cerebras's own hardware.",
    base_url="https://api.cerebras.ai/v1",
    api_key_env=["CEREBRAS_API_KEY"],
    families={
        # 400 for "none" and "minimal"
        "gpt-oss-*": replace(
            DIALECT, values={**DIALECT.values, "reasoning_effort": ("low", "medium", "high")}
        ),
    },
    documentation_url="https://inference-docs.cerebras.ai/api-reference/chat-completions",
)
"""The provider `cerebras`."""

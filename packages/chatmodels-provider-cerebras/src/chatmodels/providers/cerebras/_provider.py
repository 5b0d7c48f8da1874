"""Cerebras's dialect and metadata.

Sources, as of November 2026: the types of cerebras-cloud-sdk 1.91, and responses of its API.
"""

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
)
"""Cerebras's chat completions."""

PROVIDER = compatible_provider(
    DIALECT,
    description="Open models on Cerebras's own hardware.",
    base_url="https://api.cerebras.ai/v1",
    api_key_env=["CEREBRAS_API_KEY"],
    documentation_url="https://inference-docs.cerebras.ai/api-reference/chat-completions",
)
"""The provider `cerebras`."""

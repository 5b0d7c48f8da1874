"""OpenRouter's dialect and metadata.

Sources, as of November 2026: "API Reference", "Reasoning Tokens", "App Attribution", "PDF Inputs",
"Audio Inputs" and "Video Inputs" of OpenRouter's documentation, and the types of openrouter 1.3.
"""

from chatmodels.core.extending import OptionSpec
from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect, compatible_provider
from chatmodels.providers.openrouter._batches import OpenRouterBatches

DIALECT = Dialect(
    name="openrouter",
    settings={
        **COMMON_SETTINGS,
        "top_k": "top_k",
        "max_output_tokens": "max_completion_tokens",
        "reasoning_effort": "reasoning.effort",
        "reasoning_budget": "reasoning.max_tokens",
        "metadata": "metadata",
        "service_tier": "service_tier",
        "prompt_cache_key": "prompt_cache_key",
        "prediction": "prediction",
        "audio_output": "audio",
        "verbosity": "verbosity",
    },
    values={
        "service_tier": ("auto", "default", "fast", "flex", "priority", "scale", "ultrafast"),
    },
    ranges={"temperature": (0, 2)},
    exclusive=(("reasoning_budget", "reasoning_effort"),),  # "Reasoning Tokens"
    inputs=frozenset({"image", "image_url", "audio", "file", "file_url", "file_id", "video_url"}),
    audio_formats=frozenset({"wav", "mp3", "aiff", "aac", "ogg", "flac", "m4a"}),
    text_fields=frozenset({"cache_control", "prompt_cache_breakpoint"}),
    reasoning_field="reasoning",
    reasoning_details=True,
    health_path="/key",  # "Limits": the list of models needs no key
)
"""OpenRouter's chat completions."""

PROVIDER = compatible_provider(
    DIALECT,
    description="Models of many vendors through OpenRouter.",
    base_url="https://openrouter.ai/api/v1",
    api_key_env=["OPENROUTER_API_KEY"],
    options=[
        OptionSpec(
            name="app_url",
            description="The URL of your app, for OpenRouter's rankings.",
            env=("OPENROUTER_HTTP_REFERER",),
        ),
        OptionSpec(
            name="app_title",
            description="The name of your app, for OpenRouter's rankings.",
            env=("OPENROUTER_X_OPEN_ROUTER_TITLE",),
        ),
    ],
    batches=OpenRouterBatches,
    headers={"app_url": "HTTP-Referer", "app_title": "X-OpenRouter-Title"},
    documentation_url="https://openrouter.ai/docs/api-reference/chat-completion",
)
"""The provider `openrouter`."""

part_options = PROVIDER.part_options
"""Returns options for the preceding part of a message, such as `cache_control`."""

"""Fireworks AI's dialect and metadata.

Sources, as of November 2026: "Reasoning" of Fireworks AI's documentation, the types of
fireworks-ai 1.2, and responses of its API.
"""

from msgspec.structs import replace

from chatmodels.http.wire import Json, is_object
from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect, compatible_provider

_LEVELS = ("low", "medium", "high")


def adapt(body: dict[str, Json], problems: list[str]) -> None:
    """Add the type to the limit of reasoning tokens."""
    thinking = body.get("thinking")
    if is_object(thinking):
        thinking.setdefault("type", "enabled")  # {"type": "enabled", "budget_tokens": 1024}


DIALECT = Dialect(
    name="fireworks",
    settings={
        **COMMON_SETTINGS,
        "top_k": "top_k",
        "reasoning_effort": "reasoning_effort",
        "reasoning_budget": "thinking.budget_tokens",
        "metadata": "metadata",
        "service_tier": "service_tier",
        "prompt_cache_key": "prompt_cache_key",
        "prediction": "prediction",
    },
    # All tiers except "priority" are the default one.
    values={"service_tier": ("auto", "default", "priority")},
    ranges={
        "temperature": (0, 2),
        "top_k": (1, 100),
        "top_logprobs": (0, 5),
        "reasoning_budget": (1024, float("inf")),
    },
    exclusive=(("reasoning_budget", "reasoning_effort"),),
    inputs=frozenset({"image", "image_url", "video_url"}),
    reasoning_field="reasoning_content",
    speaker_names=False,
    adapt=adapt,
)
"""Fireworks AI's chat completions, for models of which nothing is known."""


def _only(*efforts: str) -> Dialect:
    settings = {k: v for k, v in DIALECT.settings.items() if k != "reasoning_budget"}
    return replace(
        DIALECT, settings=settings, values={**DIALECT.values, "reasoning_effort": efforts}
    )


PROVIDER = compatible_provider(
    DIALECT,
    description="Open models at Fireworks AI.",
    base_url="https://api.fireworks.ai/inference/v1",
    api_key_env=["FIREWORKS_API_KEY"],
    # The types of fireworks-ai list what these models accept.
    families={
        "accounts/fireworks/models/gpt-oss-*": _only(*_LEVELS),
        "accounts/fireworks/models/minimax-m2*": _only(*_LEVELS),
    },
    documentation_url="https://docs.fireworks.ai/api-reference/post-chatcompletions",
)
"""The provider `fireworks`."""

"""Abilities and limits of Anthropic's models, from its documentation as of November 2026.

Sources: the model pages under "Models & pricing" for limits, and "Model deprecations".
`list_models` reports the models that are currently available.
"""

from collections.abc import Mapping
from functools import lru_cache

from msgspec.structs import replace

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability, Profile
from chatmodels.http.claude import CLAUDE_FAMILIES, Generation, claude_profile, find_generation
from chatmodels.providers.anthropic._media import ACCEPTED

SETTINGS: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_output_tokens": "max_tokens",
    "stop": "stop_sequences",
    "reasoning_effort": "output_config.effort",
    "reasoning_budget": "thinking.budget_tokens",
    "parallel_tool_calls": "tool_choice.disable_parallel_tool_use",
    "user": "metadata.user_id",
    "service_tier": "service_tier",
}
"""The settings of the Messages API, and their fields."""


UNKNOWN = Generation(
    max_tokens=32_000,
    thinking="budget",
    budgets=True,
    efforts=frozenset(),
    display=False,
    sampling=True,
    structured=False,
    late_system=False,
)
"""The traits of another vendor's model behind a gateway."""


FAMILIES = (*CLAUDE_FAMILIES, "*")
"""Patterns of the names of models whose abilities differ."""


def generation(model: str) -> Generation:
    """Return the generation of a model, Claude or not."""
    return find_generation(model) or UNKNOWN


@lru_cache(maxsize=256)
def profile(model: str) -> Profile:
    """Return the abilities of a model."""
    claude = find_generation(model)
    if claude is None:
        # Servers of other models, such as vLLM, enforce schemas of strict tools only.
        unknown = claude_profile(_UNKNOWN_PROFILE, UNKNOWN)
        return replace(unknown, strict_tools=True, strict_output_tool=True)
    return claude_profile(_PROFILE, claude)


_UNKNOWN_PROFILE = Profile(
    settings=SETTINGS,
    values={"service_tier": ("auto", "default")},
    needs_tools=("parallel_tool_calls",),
    user_media=ACCEPTED,
    assistant_media=(),
    result_media=ACCEPTED,
    # "Messages", API reference
    part_options=("cache_control", "citations", "context", "title"),
)
_PROFILE = replace(_UNKNOWN_PROFILE, ranges={"temperature": (0, 1)})


CAPABILITIES = frozenset(
    {
        Capability.STREAMING,
        Capability.TOOLS,
        Capability.PARALLEL_TOOLS,
        Capability.STRICT_TOOLS,
        Capability.STRUCTURED_OUTPUT,
        Capability.VISION,
        Capability.DOCUMENTS,
        Capability.REASONING,
        Capability.PROMPT_CACHING,
    }
)
"""The capabilities of all current models."""


def _model(name: str, context: int = 1_000_000, deprecated: str | None = None) -> ModelInfo:
    return ModelInfo(
        name=name,
        provider="anthropic",
        context_window=context,
        max_output_tokens=generation(name).max_tokens,
        input_modalities=("text", "image", "file"),
        output_modalities=("text",),
        capabilities=CAPABILITIES,
        deprecated=deprecated,
    )


MODELS = (
    _model("claude-fable-5-1"),
    _model("claude-opus-5-5"),
    _model("claude-sonnet-5-5"),
    _model("claude-haiku-5-5"),
    _model("claude-opus-5"),
    _model("claude-sonnet-5"),
    _model("claude-opus-4-6"),
    _model("claude-sonnet-4-6"),
    _model("claude-haiku-4-5", 200_000),
    _model("claude-sonnet-4-5", 200_000, "2026-11-30"),
)
"""Models whose documentation was available; all other names are accepted as well."""

"""Abilities and limits of Gemini models, from Google's documentation as of November 2026.

`list_models` reports the models that are currently available. Sources: "Gemini models" and "Gemini
deprecations" for names and end dates; "Thinking" with its tables of levels and budgets, and
"What's new in Gemini 3.6 Flash" and related pages, for the differences between generations.
"""

import math
from collections.abc import Collection, Mapping

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability, Profile
from chatmodels.http.wire import Wire
from chatmodels.providers.google._media import GENERATED_MEDIA, RESULT_MEDIA, USER_MEDIA
from chatmodels.providers.google._part_options import OPTIONS


class Generation(Wire, frozen=True, gc=False):
    """The common traits of a generation of models.

    Attributes:
        levels: The thinking levels; empty if the models use a budget instead.
        most: The largest thinking budget, in tokens; 0 if the models do not think.
        always: Whether thinking cannot be disabled.
        fixed: Whether sampling settings and a prefilled response are unsupported.
        modern: Whether the models accept media in tool results and tools together with an output
            schema, and require signatures of tool calls, as Gemini 3 and later do.
    """

    levels: frozenset[str] = frozenset()
    most: int = 0
    always: bool = False
    fixed: bool = False
    modern: bool = False


_FROM_LOW = frozenset({"low", "medium", "high"})
_ALL = _FROM_LOW | {"minimal"}

_NEWEST = Generation(_FROM_LOW, always=True, fixed=True, modern=True)
_XHIGH = Generation(_FROM_LOW | {"xhigh"}, always=True, fixed=True, modern=True)
_GEMINI_3 = Generation(_ALL, always=True, modern=True)
_NO_THINKING = Generation()

_GENERATIONS = {
    "-tts": _NO_THINKING,
    "gemini-2.5-flash-image": _NO_THINKING,
    "gemini-2.5-pro": Generation(most=32_768, always=True),
    "gemini-2.5-": Generation(most=24_576),
    "gemini-2.": _NO_THINKING,
    "gemini-1.": _NO_THINKING,
    "gemini-3-pro-": Generation(frozenset({"low", "high"}), always=True, modern=True),
    "gemini-3.1-pro-": Generation(_FROM_LOW, always=True, modern=True),
    "gemini-3.5-flash-lite": Generation(_ALL, always=True, fixed=True, modern=True),
    "gemini-3.6-": Generation(_ALL, always=True, fixed=True, modern=True),
    "gemini-3-": _GEMINI_3,
    "gemini-3.1-": _GEMINI_3,
    "gemini-3.5-": _GEMINI_3,
    "gemini-4-neon": _XHIGH,
    "gemini-4-hydrogen": _XHIGH,
    "gemini-": _NEWEST,  # later models, and names with "latest"
    "": _NO_THINKING,  # Gemma, models of other vendors on Vertex AI, tuned models
}


FAMILIES = tuple(
    f"{part}*" if part.startswith("gemini") else f"gemini-*{part}*" if part else "*"
    for part in _GENERATIONS
)
"""Patterns of the names of models whose abilities differ."""


def find_generation(model: str) -> Generation:
    """Return the generation of a model by a part of its name, which can be a path."""
    return next(generation for part, generation in _GENERATIONS.items() if part in model)


_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def profile_of(model: str, settings: Mapping[str, str]) -> Profile:
    """Return the abilities of a model.

    Args:
        model: The model's name.
        settings: The settings of the API.
    """
    generation = find_generation(model)
    reasons = generation.most > 0 or bool(generation.levels)
    efforts: Collection[str] = _EFFORTS
    if generation.levels:
        efforts = [effort for effort in _EFFORTS if effort in generation.levels]
    elif not reasons:
        efforts = ("none",)
    unsupported = {"temperature", "top_p", "top_k"} if generation.fixed else set[str]()
    if not reasons:
        unsupported.add("reasoning_budget")
    return Profile(
        settings={name: field for name, field in settings.items() if name not in unsupported},
        values={
            "reasoning_effort": tuple(e for e in efforts if e != "none" or not generation.always),
            "service_tier": ("auto", "default", "flex", "priority"),
        },
        implied={"service_tier": ("auto",), "reasoning_effort": () if reasons else ("none",)},
        ranges={"reasoning_budget": (1, math.inf)} if generation.always else {},
        exclusive=(("reasoning_budget", "reasoning_effort"),),
        # "Structured outputs"
        native_output_without=() if generation.modern else ("tools",),
        user_media=USER_MEDIA,
        assistant_media=GENERATED_MEDIA if "-image" in model or "nano-banana" in model else (),
        result_media=RESULT_MEDIA if generation.modern else (),
        part_options=OPTIONS,
        effort_words={} if generation.levels else dict.fromkeys(_EFFORTS),  # mapped to budgets
    )


CAPABILITIES = frozenset(
    {
        Capability.STREAMING,
        Capability.TOOLS,
        Capability.PARALLEL_TOOLS,
        Capability.STRICT_TOOLS,
        Capability.STRUCTURED_OUTPUT,
        Capability.VISION,
        Capability.AUDIO_INPUT,
        Capability.DOCUMENTS,
        Capability.REASONING,
        Capability.SEED,
        Capability.PROMPT_CACHING,
    }
)
"""The capabilities of all current models."""


def models_of(provider: str, end_dates: Mapping[str, str]) -> tuple[ModelInfo, ...]:
    """Return the models whose documentation was available; all other names are accepted as well.

    Args:
        provider: The provider's registered name.
        end_dates: The ISO dates on which the API retires models, by name.
    """
    return tuple(
        ModelInfo(
            name=name,
            provider=provider,
            context_window=1_048_576,
            max_output_tokens=65_536,
            input_modalities=("text", "image", "audio", "file"),
            output_modalities=("text",),
            capabilities=CAPABILITIES,
            deprecated=end_dates.get(name),
        )
        for name in _MODELS
    )


_MODELS = (
    "gemini-3.8-flash",
    "gemini-3.7-flash",
    "gemini-3.6-flash",
    "gemini-3.5-flash",
    "gemini-3.5-flash-lite",
    "gemini-3.1-pro-preview",
    "gemini-3.1-flash-lite",
    "gemini-3-flash-preview",
    "gemini-2.5-pro",
    "gemini-2.5-flash",
    "gemini-2.5-flash-lite",
)

END_DATES = {
    "gemini-3.7-flash": "2026-10-08",
    "gemini-3.1-flash-lite": "2027-05-07",
    "gemini-2.5-pro": "2026-12-01",
    "gemini-2.5-flash": "2026-12-01",
}
"""The end dates of the Gemini API.

Since then it sends requests for 3.7 Flash and 2.5 Pro to Gemini 3.8 Flash, and those for 2.5 Flash
to Gemini 3.5 Flash-Lite ("Release notes").
"""

VERTEX_END_DATES = {
    "gemini-2.5-pro": "2026-10-21",
    "gemini-2.5-flash": "2026-10-21",
    "gemini-2.5-flash-lite": "2026-10-21",
}
"""The first dates on which Vertex AI no longer serves a model ("Model versions and lifecycle").

The retirement dates of that page are the last on which a model is available.
"""

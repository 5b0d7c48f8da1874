"""What Google's pages tell of Gemini models, as of November 2026; `list_models` tells what is.

Names and ends: "Gemini models", "Gemini deprecations". What generations differ in: "Thinking" with
its tables of levels and budgets, "What's new in Gemini 3.6 Flash" and the like.
"""

import math
from collections.abc import Collection, Mapping

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability, Profile
from chatmodels.http.wire import Wire
from chatmodels.providers.google._media import DRAWN, RESULT_MEDIA, USER_MEDIA
from chatmodels.providers.google._part_options import OPTIONS


class Generation(Wire, frozen=True, gc=False):
    """What models have in common.

    Attributes:
        levels: How hard they may be asked to think; empty where a budget is asked for instead.
        most: The largest budget, in tokens; 0 where they do not think.
        always: Whether their thinking cannot be switched off.
        fixed: Whether their sampling cannot be chosen, nor the beginning of what they say.
        modern: Whether they take media in tool results, tools beside a form of the answer, and
            want signatures back with the calls of tools, as those from 3 on do.
    """

    levels: frozenset[str] = frozenset()
    most: int = 0
    always: bool = False
    fixed: bool = False
    modern: bool = False


_FROM_LOW = frozenset({"low", "medium", "high"})
_ALL = _FROM_LOW | {"minimal"}

_NEWEST = Generation(_FROM_LOW, always=True, fixed=True, modern=True)
_HARDER = Generation(_FROM_LOW | {"xhigh"}, always=True, fixed=True, modern=True)
_THREE = Generation(_ALL, always=True, modern=True)
_THOUGHTLESS = Generation()

_GENERATIONS = {
    "-tts": _THOUGHTLESS,
    "gemini-2.5-flash-image": _THOUGHTLESS,
    "gemini-2.5-pro": Generation(most=32_768, always=True),
    "gemini-2.5-": Generation(most=24_576),
    "gemini-2.": _THOUGHTLESS,
    "gemini-1.": _THOUGHTLESS,
    "gemini-3-pro-": Generation(frozenset({"low", "high"}), always=True, modern=True),
    "gemini-3.1-pro-": Generation(_FROM_LOW, always=True, modern=True),
    "gemini-3.5-flash-lite": Generation(_ALL, always=True, fixed=True, modern=True),
    "gemini-3.6-": Generation(_ALL, always=True, fixed=True, modern=True),
    "gemini-3-": _THREE,
    "gemini-3.1-": _THREE,
    "gemini-3.5-": _THREE,
    "gemini-4-neon": _HARDER,
    "gemini-4-hydrogen": _HARDER,
    "gemini-": _NEWEST,  # whatever came or comes later, and what is called "latest"
    "": _THOUGHTLESS,  # Gemma, models of others on Vertex AI, tuned ones
}


FAMILIES = tuple(
    f"{part}*" if part.startswith("gemini") else f"gemini-*{part}*" if part else "*"
    for part in _GENERATIONS
)
"""Patterns of the names of models whose abilities differ."""


def find_generation(model: str) -> Generation:
    """Find the generation of a model: by a part of its name, which may be a path."""
    return next(known for part, known in _GENERATIONS.items() if part in model)


_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def profile_of(model: str, settings: Mapping[str, str]) -> Profile:
    """Return the abilities of a model.

    Args:
        model: The model's name.
        settings: The settings of the API.
    """
    known = find_generation(model)
    thinks = known.most > 0 or bool(known.levels)
    efforts: Collection[str] = _EFFORTS
    if known.levels:
        efforts = [word for word in _EFFORTS if word in known.levels]
    elif not thinks:
        efforts = ("none",)
    lacking = {"temperature", "top_p", "top_k"} if known.fixed else set[str]()
    if not thinks:
        lacking.add("reasoning_budget")
    return Profile(
        settings={name: field for name, field in settings.items() if name not in lacking},
        values={
            "reasoning_effort": tuple(w for w in efforts if w != "none" or not known.always),
            "service_tier": ("auto", "default", "flex", "priority"),
        },
        implied={"service_tier": ("auto",), "reasoning_effort": () if thinks else ("none",)},
        ranges={"reasoning_budget": (1, math.inf)} if known.always else {},
        exclusive=(("reasoning_budget", "reasoning_effort"),),
        # "Structured outputs"
        native_output_without=() if known.modern else ("tools",),
        user_media=USER_MEDIA,
        assistant_media=DRAWN if "-image" in model or "nano-banana" in model else (),
        result_media=RESULT_MEDIA if known.modern else (),
        part_options=OPTIONS,
        effort_words={} if known.levels else dict.fromkeys(_EFFORTS),  # budgets stand for them
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
"""What all models of the present can do."""


def models_of(provider: str, *, ends: bool) -> tuple[ModelInfo, ...]:
    """Describe the models whose pages were at hand; all others are accepted as well.

    Args:
        provider: Who serves them.
        ends: Whether they end when the Gemini API's do; Vertex AI has dates of its own.
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
            deprecated=end if ends else None,
        )
        for name, end in _ENDS.items()
    )


_ENDS = {
    "gemini-3.8-flash": None,
    "gemini-3.7-flash": None,
    "gemini-3.6-flash": None,
    "gemini-3.5-flash": None,
    "gemini-3.5-flash-lite": None,
    "gemini-3.1-pro-preview": None,
    "gemini-3.1-flash-lite": "2027-05-07",
    "gemini-3-flash-preview": None,
    "gemini-2.5-pro": "2026-12-01",
    "gemini-2.5-flash": "2026-12-01",
    "gemini-2.5-flash-lite": None,
}

"""Abilities and limits of Cohere's models, from its documentation as of November 2026.

`list_models` reports the models that are currently available. Sources: "An Overview of Cohere's
Models" for limits, inputs and end dates; the model pages, "Structured Outputs", "Reasoning" and
"Image Inputs" for capabilities.
"""

from collections.abc import Mapping
from functools import lru_cache

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability, Profile
from chatmodels.providers.cohere._media import DOCUMENTS, IMAGES

SETTINGS: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "p",
    "top_k": "k",
    "max_output_tokens": "max_tokens",
    "stop": "stop_sequences",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "logprobs": "logprobs",
    "reasoning_effort": "thinking.token_budget",
    "reasoning_budget": "thinking.token_budget",
}
"""The settings of the API and their fields ("Chat", API reference)."""

PROVIDER_NAME = "cohere"

_TEXT = frozenset(
    {
        Capability.STREAMING,
        Capability.SEED,
        Capability.LOGPROBS,
        Capability.PROMPT_CACHING,
    }
)
_TOOLS = _TEXT | {
    Capability.TOOLS,
    Capability.PARALLEL_TOOLS,
    Capability.STRICT_TOOLS,
    Capability.STRUCTURED_OUTPUT,
}
_DEPRECATED = "2025-09-15"


def _model(
    name: str,
    context: int,
    output: int,
    capabilities: frozenset[Capability] = _TOOLS,
    deprecated: str | None = None,
) -> ModelInfo:
    images = ("image",) if Capability.VISION in capabilities else ()
    return ModelInfo(
        name=name,
        provider=PROVIDER_NAME,
        context_window=context,
        max_output_tokens=output,
        input_modalities=("text", *images),
        output_modalities=("text",),
        capabilities=capabilities,
        deprecated=deprecated,
    )


MODELS = (
    _model(
        "command-a-plus-05-2026",
        128_000,
        64_000,
        _TOOLS | {Capability.VISION, Capability.REASONING},
    ),
    _model("command-a-03-2025", 256_000, 8_000),
    _model("command-a-reasoning-08-2025", 256_000, 32_000, _TOOLS | {Capability.REASONING}),
    _model("command-a-vision-07-2025", 128_000, 8_000, _TEXT | {Capability.VISION}),
    _model("command-a-translate-08-2025", 8_000, 8_000, _TEXT),
    _model("command-r7b-12-2024", 128_000, 4_000),
    _model("command-r-08-2024", 128_000, 4_000),
    _model("command-r-plus-08-2024", 128_000, 4_000),
    _model("command-r-03-2024", 128_000, 4_000, deprecated=_DEPRECATED),
    _model("command-r-plus-04-2024", 128_000, 4_000, deprecated=_DEPRECATED),
    _model("command-r", 128_000, 4_000, deprecated=_DEPRECATED),
    _model("command-r-plus", 128_000, 4_000, deprecated=_DEPRECATED),
    _model("north-mini-code-1-0", 256_000, 64_000, _TOOLS | {Capability.REASONING}),
    _model("north-small-translate-1-0", 16_000, 16_000, _TEXT),
)
"""Models whose documentation was available; other names are accepted without restrictions."""

CAPABILITIES = frozenset(capability for model in MODELS for capability in model.capabilities) | {
    Capability.MODEL_LISTING,
    Capability.TOKEN_COUNTING,
}

_CAPABILITIES = {model.name: model.capabilities for model in MODELS}


FAMILIES = (*_CAPABILITIES, "*")
"""The names of models whose abilities differ, and the pattern of all others."""


def supports(model: str, capability: Capability) -> bool:
    """Return whether a model has a capability; an unknown model has all."""
    return model not in _CAPABILITIES or capability in _CAPABILITIES[model]


@lru_cache(maxsize=256)
def profile(model: str) -> Profile:
    """Return the abilities of a model; unknown models are assumed to support everything."""
    reasons = supports(model, Capability.REASONING)
    return Profile(
        settings=SETTINGS,
        values={} if reasons else {"reasoning_effort": ("none",)},
        ranges={} if reasons else {"reasoning_budget": (0, 0)},
        implied={} if reasons else {"reasoning_effort": ("none",), "reasoning_budget": (0,)},
        exclusive=(("reasoning_budget", "reasoning_effort"),),
        tools=supports(model, Capability.TOOLS),
        native_output=frozenset(
            ("strict", "object") if supports(model, Capability.STRUCTURED_OUTPUT) else ()
        ),
        native_output_without=("tools", "documents"),  # "Chat"
        user_media=(*IMAGES, *DOCUMENTS) if supports(model, Capability.VISION) else DOCUMENTS,
        assistant_media=(),
        result_media=DOCUMENTS,
        effort_words=dict.fromkeys(("none", "minimal", "low", "medium", "high", "xhigh", "max")),
    )

"""Abilities and limits of Mistral's models, from its documentation as of November 2026.

`list_models` reports the models that are currently available. Sources: the pages below "Models" for
limits, inputs and features; "Reasoning" for efforts.
"""

from collections.abc import Mapping

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability
from chatmodels.openai_compatible import Input

CHAT = frozenset(
    {
        Capability.STREAMING,
        Capability.TOOLS,
        Capability.PARALLEL_TOOLS,
        Capability.STRICT_TOOLS,
        Capability.STRUCTURED_OUTPUT,
        Capability.DOCUMENTS,
        Capability.SEED,
        Capability.PROMPT_CACHING,
        Capability.PREDICTION,
    }
)
_VISION = CHAT | {Capability.VISION}
_THINKING = _VISION | {Capability.REASONING}

_DOCUMENTS = frozenset[Input]({"file", "file_url", "file_id"})
_IMAGES = _DOCUMENTS | frozenset[Input]({"image", "image_url"})
_AUDIO = _DOCUMENTS | frozenset[Input]({"audio", "audio_url"})

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_ON_OFF_EFFORTS = {effort: "none" if effort == "none" else "high" for effort in _EFFORTS}
_STEPPED_EFFORTS = {
    "none": "none",
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}


class Family(msgspec.Struct, frozen=True):
    """The abilities of models with a common name prefix.

    Attributes:
        inputs: The inputs of user messages besides text.
        efforts: The API's names of reasoning efforts; None if the effort cannot be set.
        reasons: Whether the models reason and accept their reasoning in requests.
    """

    inputs: frozenset[Input] = _IMAGES
    efforts: Mapping[str, str] | None = None
    reasons: bool = False


UNKNOWN = Family(_IMAGES | _AUDIO, {effort: effort for effort in _EFFORTS}, reasons=True)
"""The family of unknown models: nothing is refused before the request is sent."""

_ON_OFF_REASONING = Family(efforts=_ON_OFF_EFFORTS, reasons=True)
_FAMILIES: Mapping[str, Family] = {
    "mistral-large-4": Family(efforts=_STEPPED_EFFORTS, reasons=True),
    "mistral-large-2": Family(),
    "mistral-medium-3": _ON_OFF_REASONING,
    "mistral-medium-latest": _ON_OFF_REASONING,
    "mistral-medium-25": Family(),
    "mistral-small-26": _ON_OFF_REASONING,
    "mistral-small-latest": _ON_OFF_REASONING,
    "mistral-small-25": Family(),
    "ministral-": Family(),
    "pixtral-": Family(),
    "magistral-": Family(reasons=True),
    "codestral-": Family(_DOCUMENTS),
    "voxtral-": Family(_AUDIO),
}


FAMILIES = (*(f"{prefix}*" for prefix in _FAMILIES), "*")
"""Patterns of the names of models whose abilities differ."""


def find_family(model: str) -> Family:
    """Return the family of a model by its name."""
    for prefix, family in _FAMILIES.items():
        if model.startswith(prefix):
            return family
    return UNKNOWN


def _model(
    name: str,
    context: int,
    capabilities: frozenset[Capability],
    inputs: tuple[str, ...] = ("text", "image", "file"),
) -> ModelInfo:
    return ModelInfo(
        name=name,
        provider="mistral",
        context_window=context,
        input_modalities=inputs,
        output_modalities=("text",),
        capabilities=capabilities,
    )


MODELS = (
    _model("mistral-large-4-0", 1_000_000, _THINKING),
    _model("mistral-large-2512", 256_000, _VISION),
    _model("mistral-medium-3-5", 256_000, _THINKING),
    _model("mistral-medium-latest", 256_000, _THINKING),
    _model("mistral-small-2603", 256_000, _THINKING),
    _model("mistral-small-latest", 256_000, _THINKING),
    _model("ministral-14b-2512", 256_000, _VISION),
    _model("ministral-8b-2512", 256_000, _VISION),
    _model("ministral-3b-2512", 256_000, _VISION),
    _model("codestral-2508", 128_000, CHAT, ("text", "file")),
    _model(
        "voxtral-small-2507", 32_000, CHAT | {Capability.AUDIO_INPUT}, ("text", "audio", "file")
    ),
)

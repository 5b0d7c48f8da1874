"""What Mistral's pages tell of its models, as of November 2026; `list_models` tells what there is.

Limits, inputs and features: the models' own pages below "Models". Efforts: "Reasoning".
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
_SEEING = CHAT | {Capability.VISION}
_THINKING = _SEEING | {Capability.REASONING}

_DOCUMENTS = frozenset[Input]({"file", "file_url", "file_id"})
_IMAGES = _DOCUMENTS | frozenset[Input]({"image", "image_url"})
_SOUND = _DOCUMENTS | frozenset[Input]({"audio", "audio_url"})

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_ON_OR_OFF = {effort: "none" if effort == "none" else "high" for effort in _EFFORTS}
_IN_STEPS = {
    "none": "none",
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}


class Family(msgspec.Struct, frozen=True):
    """What models whose names begin alike take.

    Attributes:
        inputs: What their user messages may hold besides text.
        efforts: What an effort is called; None where it cannot be chosen.
        thinks: Whether they reason, and take their reasoning back.
    """

    inputs: frozenset[Input] = _IMAGES
    efforts: Mapping[str, str] | None = None
    thinks: bool = False


UNKNOWN = Family(_IMAGES | _SOUND, {effort: effort for effort in _EFFORTS}, thinks=True)
"""What is not known is the vendor's to refuse."""

_SWITCHED = Family(efforts=_ON_OR_OFF, thinks=True)
_FAMILIES: Mapping[str, Family] = {
    "mistral-large-4": Family(efforts=_IN_STEPS, thinks=True),
    "mistral-large-2": Family(),
    "mistral-medium-3": _SWITCHED,
    "mistral-medium-latest": _SWITCHED,
    "mistral-medium-25": Family(),
    "mistral-small-26": _SWITCHED,
    "mistral-small-latest": _SWITCHED,
    "mistral-small-25": Family(),
    "ministral-": Family(),
    "pixtral-": Family(),
    "magistral-": Family(thinks=True),
    "codestral-": Family(_DOCUMENTS),
    "voxtral-": Family(_SOUND),
}


FAMILIES = (*(f"{beginning}*" for beginning in _FAMILIES), "*")
"""Patterns of the names of models whose abilities differ."""


def find_family(model: str) -> Family:
    """Find what is known of a model by its name."""
    for beginning, family in _FAMILIES.items():
        if model.startswith(beginning):
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
    _model("mistral-large-2512", 256_000, _SEEING),
    _model("mistral-medium-3-5", 256_000, _THINKING),
    _model("mistral-medium-latest", 256_000, _THINKING),
    _model("mistral-small-2603", 256_000, _THINKING),
    _model("mistral-small-latest", 256_000, _THINKING),
    _model("ministral-14b-2512", 256_000, _SEEING),
    _model("ministral-8b-2512", 256_000, _SEEING),
    _model("ministral-3b-2512", 256_000, _SEEING),
    _model("codestral-2508", 128_000, CHAT, ("text", "file")),
    _model(
        "voxtral-small-2507", 32_000, CHAT | {Capability.AUDIO_INPUT}, ("text", "audio", "file")
    ),
)

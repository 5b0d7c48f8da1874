"""Abilities and limits of the models on Bedrock, from Amazon's documentation.

`list_models` reports the models that are currently available. Sources: "Inference request
parameters and response fields for foundation models" with its pages by family, "Using the Converse
API" (Nova 2 user guide), and "Get validated JSON results from models" for native enforcement.
"""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability, Profile
from chatmodels.http.claude import CLAUDE_FAMILIES, Generation, claude_profile, find_generation
from chatmodels.http.wire import Wire
from chatmodels.providers.bedrock._media import RESULT_MEDIA, USER_MEDIA

SETTINGS: Mapping[str, str] = {
    "temperature": "inferenceConfig.temperature",
    "top_p": "inferenceConfig.topP",
    "top_k": "additionalModelRequestFields",
    "max_output_tokens": "inferenceConfig.maxTokens",
    "stop": "inferenceConfig.stopSequences",
    "reasoning_effort": "additionalModelRequestFields",
    "reasoning_budget": "additionalModelRequestFields",
    "metadata": "requestMetadata",
    "service_tier": "serviceTier.type",
}
"""The settings of Converse and their fields; model-specific fields depend on the family."""


class Family(Wire, frozen=True, gc=False):
    """The common traits of a family of models.

    Attributes:
        top_k: The path of `top_k` in `additionalModelRequestFields`; empty if it is not supported.
        thinking: The way to request thinking: by a "budget", as "adaptive" with an effort, by
            "reasoningConfig" (Nova 2), by "reasoning_effort"; empty if it is not supported.
        native: Whether output schemas and strict tools are enforced.
        keeps_state: Whether the models accept signed thinking and citations in requests.
        claude: The generation of Claude; None for other models.
    """

    top_k: str = ""
    thinking: str = ""
    native: bool = False
    keeps_state: bool = False
    claude: Generation | None = None


_NATIVE = Family(native=True)
_MISTRAL = Family(top_k="top_k", native=True)
_FAMILIES = {
    "*nova-2*": Family(top_k="inferenceConfig.topK", thinking="reasoningConfig"),
    "*nova-*": Family(top_k="inferenceConfig.topK"),
    "*gpt-oss*": Family(thinking="reasoning_effort", native=True),
    "*mistral.mistral-large-3*": _MISTRAL,
    "*mistral.ministral*": _MISTRAL,
    "*mistral.magistral*": _MISTRAL,
    "*mistral.voxtral*": _MISTRAL,
    "*mistral.*": Family(top_k="top_k"),
    "*cohere.*": Family(top_k="k"),
    "*qwen.*": _NATIVE,
    "*google.*": _NATIVE,
    "*minimax.*": _NATIVE,
    "*nvidia.*": _NATIVE,
    "*moonshot.*": _NATIVE,
    "*moonshotai.*": _NATIVE,
    "*deepseek.v3*": _NATIVE,
    "arn:*": Family(keeps_state=True),
    "*": Family(),
}
_CUSTOM_NAME = re.compile(r"[a-z0-9]+")
"""A user-defined name: the abilities are unknown, and state is kept."""

FAMILIES = (*(f"*anthropic.{pattern}" for pattern in CLAUDE_FAMILIES), *_FAMILIES)
"""Patterns of the names of models whose abilities differ."""


@lru_cache(maxsize=256)
def find_family(model: str) -> Family:
    """Return the family of a model by its name, for example "us.amazon.nova-2-lite-v1:0"."""
    claude = find_generation(model)
    if claude is not None:
        return Family(
            top_k="top_k",
            thinking=claude.thinking,
            native=claude.structured,
            keeps_state=True,
            claude=claude,
        )
    if _CUSTOM_NAME.fullmatch(model):
        return _FAMILIES["arn:*"]
    return next(family for name, family in _FAMILIES.items() if fnmatchcase(model, name))


@lru_cache(maxsize=256)
def profile(model: str) -> Profile:
    """Return the abilities of a model."""
    family = find_family(model)
    unsupported: set[str] = set()
    if not family.top_k:
        unsupported.add("top_k")
    if family.thinking not in {"budget", "adaptive"}:
        unsupported.add("reasoning_budget")
    if not family.thinking:
        unsupported.add("reasoning_effort")
    general = Profile(
        settings={name: field for name, field in SETTINGS.items() if name not in unsupported},
        values={
            "service_tier": ("auto", "default", "flex", "priority", "reserved"),
            "reasoning_effort": _EFFORTS.get(family.thinking, ()),
        },
        ranges={"temperature": (0, 1)},
        implied={"service_tier": ("auto",)},
        exclusive=(("reasoning_budget", "reasoning_effort"),),
        strict_tools=family.native,
        native_output=frozenset({"strict"} if family.native else ()),
        user_media=USER_MEDIA,
        assistant_media=(),
        result_media=RESULT_MEDIA,
        part_options=("image", "audio", "video", "document"),  # other fields are separate blocks
        effort_words={"none": None},
    )
    return general if family.claude is None else claude_profile(general, family.claude)


_EFFORTS = {
    "reasoningConfig": ("none", "low", "medium", "high"),
    "reasoning_effort": ("low", "medium", "high"),
}


_TOOLS = {
    Capability.STREAMING,
    Capability.TOOLS,
    Capability.PARALLEL_TOOLS,
    Capability.PROMPT_CACHING,
}
_VISION = _TOOLS | {Capability.VISION, Capability.DOCUMENTS}
_THINKING = _VISION | {Capability.REASONING}
_STRICT = _THINKING | {Capability.STRUCTURED_OUTPUT, Capability.STRICT_TOOLS}

CAPABILITIES = frozenset(
    _STRICT | {Capability.AUDIO_INPUT, Capability.MODEL_LISTING, Capability.TOKEN_COUNTING}
)
"""The capabilities of at least one model; only Mistral's Voxtral accepts audio."""


def _model(name: str, context: int, output: int | None, capabilities: set[Capability]) -> ModelInfo:
    inputs = ("text", "image", "file") if Capability.VISION in capabilities else ("text",)
    return ModelInfo(
        name=name,
        provider="bedrock",
        context_window=context,
        max_output_tokens=output,
        input_modalities=inputs,
        output_modalities=("text",),
        capabilities=frozenset(capabilities),
    )


MODELS = (
    _model("global.anthropic.claude-sonnet-5-5", 1_000_000, 128_000, _STRICT),
    _model("us.anthropic.claude-sonnet-5", 1_000_000, 128_000, _STRICT),
    _model("us.anthropic.claude-sonnet-4-6", 1_000_000, 128_000, _STRICT),
    _model("us.anthropic.claude-haiku-4-5-20251001-v1:0", 200_000, 64_000, _STRICT),
    _model("us.amazon.nova-2-lite-v1:0", 1_000_000, 65_535, _THINKING),
    _model("amazon.nova-pro-v1:0", 300_000, None, _VISION),
    _model("amazon.nova-lite-v1:0", 300_000, None, _VISION),
    _model("amazon.nova-micro-v1:0", 128_000, None, _TOOLS),
)
"""Models whose limits were available; all other names are accepted as well."""

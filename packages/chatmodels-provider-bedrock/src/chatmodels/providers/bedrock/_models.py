"""What Amazon's pages tell of the models on Bedrock; `list_models` tells what there is.

Which fields a family takes: "Inference request parameters and response fields for foundation
models", the pages of the families there, and "Using the Converse API" (Nova 2 user guide). What
is enforced natively: "Get validated JSON results from models".
"""

import re
from functools import lru_cache

from chatmodels.core import Capability, ModelInfo
from chatmodels.http.wire import Wire


class Family(Wire, frozen=True, gc=False):
    """What models have in common.

    Attributes:
        top_k: Where `top_k` belongs in `additionalModelRequestFields`; empty for nowhere.
        thinking: How thinking is asked for: by a "budget", as "adaptive" with an effort, by
            "reasoningConfig" (Nova 2), by "reasoning_effort"; empty for not at all.
        native: Whether forms of answers and strict tools are enforced.
        keeps_state: Whether it takes back signed thinking and citations.
    """

    top_k: str = ""
    thinking: str = ""
    native: bool = False
    keeps_state: bool = False


_CLAUDE = Family(top_k="top_k", thinking="adaptive", native=True, keeps_state=True)

_FAMILIES = {
    r"claude-(v2|instant|3-(haiku|sonnet|opus|5))": Family(top_k="top_k", keeps_state=True),
    r"claude-(3-7|(sonnet|opus)-4-(2|1))": Family(
        top_k="top_k", thinking="budget", keeps_state=True
    ),
    r"claude-(sonnet|opus|haiku)-4-5": Family(
        top_k="top_k", thinking="budget", native=True, keeps_state=True
    ),
    r"claude-": _CLAUDE,  # whatever came or comes later
    r"nova-2": Family(top_k="inferenceConfig.topK", thinking="reasoningConfig"),
    r"nova-": Family(top_k="inferenceConfig.topK"),
    r"gpt-oss": Family(thinking="reasoning_effort", native=True),
    r"mistral\.(mistral-large-3|ministral|magistral|voxtral)": Family(top_k="top_k", native=True),
    r"mistral\.": Family(top_k="top_k"),
    r"cohere\.": Family(top_k="k"),
    r"(qwen|google|minimax|nvidia|moonshot(ai)?)\.|deepseek\.v3": Family(native=True),
    # A name that one has given oneself: nothing is known, and the thinking is its own.
    r"^arn:|^[a-z0-9]+$": Family(keeps_state=True),
    r"": Family(),
}


@lru_cache(maxsize=64)
def family_of(model: str) -> Family:
    """Find the family of a model: by a part of its name, as in "us.amazon.nova-2-lite-v1:0"."""
    return next(family for part, family in _FAMILIES.items() if re.search(part, model))


_TOOLS = {
    Capability.STREAMING,
    Capability.TOOLS,
    Capability.PARALLEL_TOOLS,
    Capability.PROMPT_CACHING,
}
_SIGHTED = _TOOLS | {Capability.VISION, Capability.DOCUMENTS}
_THINKING = _SIGHTED | {Capability.REASONING}
_STRICT = _THINKING | {Capability.STRUCTURED_OUTPUT, Capability.STRICT_TOOLS}

CAPABILITIES = frozenset(_STRICT | {Capability.AUDIO_INPUT, Capability.MODEL_LISTING})
"""What some model can do; sound is for Mistral's Voxtral."""


def _model(name: str, context: int, most: int | None, capabilities: set[Capability]) -> ModelInfo:
    sighted = ("text", "image", "file") if Capability.VISION in capabilities else ("text",)
    return ModelInfo(
        name=name,
        provider="bedrock",
        context_window=context,
        max_output_tokens=most,
        input_modalities=sighted,
        output_modalities=("text",),
        capabilities=frozenset(capabilities),
    )


MODELS = (
    _model("global.anthropic.claude-sonnet-5-5", 1_000_000, 128_000, _STRICT),
    _model("us.anthropic.claude-sonnet-5", 1_000_000, 128_000, _STRICT),
    _model("us.anthropic.claude-sonnet-4-6", 1_000_000, 128_000, _STRICT),
    _model("us.anthropic.claude-haiku-4-5-20251001-v1:0", 200_000, 64_000, _STRICT),
    _model("us.amazon.nova-2-lite-v1:0", 1_000_000, 65_535, _THINKING),
    _model("amazon.nova-pro-v1:0", 300_000, None, _SIGHTED),
    _model("amazon.nova-lite-v1:0", 300_000, None, _SIGHTED),
    _model("amazon.nova-micro-v1:0", 128_000, None, _TOOLS),
)
"""Those whose limits were at hand; all others are accepted as well."""

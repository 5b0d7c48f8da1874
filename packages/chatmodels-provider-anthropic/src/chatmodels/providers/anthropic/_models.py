"""What Anthropic's pages tell of its models, as of November 2026; `list_models` tells what is.

Limits and ends: the models' own pages under "Models & pricing", and "Model deprecations". What an
older generation lacks: "Structured outputs", "Effort", "Adaptive thinking", "Mid-conversation
system messages".
"""

from chatmodels.core import Capability, ModelInfo
from chatmodels.http.wire import Wire


class Generation(Wire, frozen=True, gc=False):
    """What models have in common.

    Attributes:
        max_tokens: How long answers may be, which every request has to say.
        lacks: What its requests must do without: "structured" output and strict tools, "effort",
            "adaptive" thinking, "late_system" messages among the others.
    """

    max_tokens: int
    lacks: frozenset[str] = frozenset()


_LATE = frozenset({"late_system"})
_4_5 = _LATE | {"effort", "adaptive"}
_OLD = _4_5 | {"structured"}

_GENERATIONS = {
    "claude-3-5-": Generation(8_192, _OLD),
    "claude-3-7-": Generation(64_000, _OLD),
    "claude-3-": Generation(4_096, _OLD),
    "-haiku-4-5": Generation(64_000, _4_5),
    "-sonnet-4-5": Generation(64_000, _4_5),
    "-opus-4-5": Generation(64_000, _LATE | {"adaptive"}),
    "-sonnet-4-6": Generation(128_000, _LATE),
    "-opus-4-6": Generation(128_000, _LATE),
    "-opus-4-7": Generation(128_000, _LATE),
    "-opus-4-8": Generation(128_000),
    "-sonnet-4": Generation(64_000, _OLD),
    "-opus-4": Generation(32_000, _OLD),
    "claude-": Generation(128_000),  # whatever came or comes later
    "": Generation(32_000, _OLD),  # another vendor's, behind a gateway
}


def generation_of(model: str) -> Generation:
    """Find the generation of a model: by a part of its name, since clouds add to names."""
    return next(known for part, known in _GENERATIONS.items() if part in model)


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
"""What all models of the present can do."""


def _model(name: str, context: int = 1_000_000, end: str | None = None) -> ModelInfo:
    return ModelInfo(
        name=name,
        provider="anthropic",
        context_window=context,
        max_output_tokens=generation_of(name).max_tokens,
        input_modalities=("text", "image", "file"),
        output_modalities=("text",),
        capabilities=CAPABILITIES,
        deprecated=end,
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
"""Those whose pages were at hand; all others are accepted as well."""

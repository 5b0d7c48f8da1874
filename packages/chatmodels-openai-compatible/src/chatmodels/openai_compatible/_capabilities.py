"""The capabilities that follow from a dialect."""

from collections.abc import Mapping

from chatmodels.core.extending import Capability
from chatmodels.openai_compatible._dialect import Dialect, Input

_BY_SETTING: Mapping[str, Capability] = {
    "audio_output": Capability.AUDIO_OUTPUT,
    "logprobs": Capability.LOGPROBS,
    "parallel_tool_calls": Capability.PARALLEL_TOOLS,
    "prediction": Capability.PREDICTION,
    "prompt_cache_key": Capability.PROMPT_CACHING,
    "reasoning_effort": Capability.REASONING,
    "seed": Capability.SEED,
}
_BY_INPUT: Mapping[Input, Capability] = {
    "image": Capability.VISION,
    "audio": Capability.AUDIO_INPUT,
    "file": Capability.DOCUMENTS,
}


def capabilities_of(dialect: Dialect) -> frozenset[Capability]:
    """Return the capabilities that the fields of a dialect show."""
    found = {Capability.STREAMING}
    found |= {_BY_SETTING[name] for name in dialect.settings if name in _BY_SETTING}
    found |= {_BY_INPUT[name] for name in dialect.inputs if name in _BY_INPUT}
    if dialect.tools:
        found |= {Capability.TOOLS} | ({Capability.STRICT_TOOLS} if dialect.strict_tools else set())
    else:
        found.discard(Capability.PARALLEL_TOOLS)
    if dialect.tools or dialect.output_formats:
        found.add(Capability.STRUCTURED_OUTPUT)
    if dialect.models_path is not None:
        found.add(Capability.MODEL_LISTING)
    if dialect.counting is not None:
        found.add(Capability.TOKEN_COUNTING)
    return frozenset(found)

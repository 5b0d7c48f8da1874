"""The capabilities that follow from a dialect."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chatmodels.core.extending import Capability
from chatmodels.openai_compatible._dialect import Dialect

if TYPE_CHECKING:
    from chatmodels.openai_compatible.responses import ResponsesDialect

_BY_SETTING: Mapping[str, Capability] = {
    "audio_output": Capability.AUDIO_OUTPUT,
    "logprobs": Capability.LOGPROBS,
    "parallel_tool_calls": Capability.PARALLEL_TOOLS,
    "prediction": Capability.PREDICTION,
    "prompt_cache_key": Capability.PROMPT_CACHING,
    "reasoning_effort": Capability.REASONING,
    "seed": Capability.SEED,
}
_BY_INPUT: Mapping[str, Capability] = {
    "image": Capability.VISION,
    "audio": Capability.AUDIO_INPUT,
    "file": Capability.DOCUMENTS,
}


def capabilities_of(dialect: "Dialect | ResponsesDialect") -> frozenset[Capability]:
    """Return the capabilities that the fields of a dialect show."""
    # All Responses APIs have tools.
    tools = not isinstance(dialect, Dialect) or dialect.tools
    strict = not isinstance(dialect, Dialect) or dialect.strict_tools
    counts = isinstance(dialect, Dialect) and dialect.counting is not None
    shown = {
        Capability.STREAMING: True,
        Capability.TOOLS: tools,
        Capability.STRICT_TOOLS: tools and strict,
        Capability.STRUCTURED_OUTPUT: tools or bool(dialect.output_formats),
        Capability.MODEL_LISTING: dialect.models_path is not None,
        Capability.TOKEN_COUNTING: counts,
        **{capability: name in dialect.settings for name, capability in _BY_SETTING.items()},
        **{capability: name in dialect.inputs for name, capability in _BY_INPUT.items()},
    }
    shown[Capability.PARALLEL_TOOLS] &= tools
    return frozenset(capability for capability, has in shown.items() if has)

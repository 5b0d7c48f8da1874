"""Abilities and limits of models that can be deployed, as of November 2026.

Models have the names that OpenAI uses; deployments can have other names (see the option
`deployment`). Source: "Foundry Models sold by Azure".
"""

from chatmodels.core import ModelInfo
from chatmodels.core.extending import Capability

_CHAT = frozenset(
    {
        Capability.STREAMING,
        Capability.TOOLS,
        Capability.PARALLEL_TOOLS,
        Capability.STRICT_TOOLS,
        Capability.STRUCTURED_OUTPUT,
        Capability.VISION,
        Capability.PROMPT_CACHING,
    }
)
_REASONING = _CHAT | {Capability.REASONING}


def _model(
    name: str, context: int, output: int, capabilities: frozenset[Capability] = _REASONING
) -> ModelInfo:
    return ModelInfo(
        name=name,
        provider="azure",
        context_window=context,
        max_output_tokens=output,
        input_modalities=("text", "image"),
        output_modalities=("text",),
        capabilities=capabilities,
    )


MODELS = (
    _model("gpt-6-astra", 1_050_000, 128_000),
    _model("gpt-6.1-sol", 1_050_000, 128_000),
    _model("gpt-6-luna", 1_050_000, 128_000),
    _model("gpt-5.6-sol", 1_050_000, 128_000),
    _model("gpt-5.6-terra", 1_050_000, 128_000),
    _model("gpt-5.6-luna", 1_050_000, 128_000),
    _model("gpt-5.5", 1_050_000, 128_000),
    _model("gpt-5.4-mini", 400_000, 128_000),
    _model("gpt-5.4-nano", 400_000, 128_000),
    _model("gpt-5-mini", 400_000, 128_000),
    _model("gpt-4.1", 1_047_576, 32_768, _CHAT),
    _model("gpt-4.1-mini", 1_047_576, 32_768, _CHAT),
    _model("gpt-4o", 128_000, 16_384, _CHAT),
    _model("gpt-4o-mini", 128_000, 16_384, _CHAT),
)

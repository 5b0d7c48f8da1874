"""Abilities and limits of OpenAI's models, from its documentation as of November 2026.

`list_models` reports the models that are currently available. Sources of limits: "Compare models"
and the model pages at developers.openai.com; Vercel's "AI Gateway" for GPT-6 Astra and Luna; "Azure
OpenAI in Microsoft Foundry Models" for GPT-4.1 and GPT-4o. Documents: "File inputs", for all vision
models. End dates: "Deprecations".
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
        Capability.DOCUMENTS,
        Capability.PROMPT_CACHING,
    }
)
_REASONING = _CHAT | {Capability.REASONING}


def _model(
    name: str,
    context: int,
    output: int,
    capabilities: frozenset[Capability],
    deprecated: str | None = None,
) -> ModelInfo:
    return ModelInfo(
        name=name,
        provider="openai",
        context_window=context,
        max_output_tokens=output,
        input_modalities=("text", "image"),
        output_modalities=("text",),
        capabilities=capabilities,
        deprecated=deprecated,
    )


MODELS = (
    _model("gpt-6.2-astra", 1_050_000, 128_000, _REASONING),
    _model("gpt-6.2-sol", 1_050_000, 128_000, _REASONING),
    _model("gpt-6-astra", 1_050_000, 128_000, _REASONING),
    _model("gpt-6.1-sol", 1_050_000, 128_000, _REASONING),
    _model("gpt-6.1-terra", 1_050_000, 128_000, _REASONING),
    _model("gpt-6-luna", 1_050_000, 128_000, _REASONING),
    _model("gpt-5.6-sol", 1_050_000, 128_000, _REASONING),
    _model("gpt-5.6-terra", 1_050_000, 128_000, _REASONING),
    _model("gpt-5.6-luna", 1_050_000, 128_000, _REASONING),
    _model("gpt-5.5", 1_050_000, 128_000, _REASONING),
    _model("gpt-5.4-mini", 400_000, 128_000, _REASONING),
    _model("gpt-5.4-nano", 400_000, 128_000, _REASONING, "2027-04-01"),
    _model("gpt-5-mini", 400_000, 128_000, _REASONING, "2026-12-11"),
    _model("gpt-5-nano", 400_000, 128_000, _REASONING, "2026-12-11"),
    _model("gpt-4.1", 1_047_576, 32_768, _CHAT, "2027-01-14"),
    _model("gpt-4.1-mini", 1_047_576, 32_768, _CHAT, "2027-01-14"),
    _model("gpt-4o", 128_000, 16_384, _CHAT, "2027-01-14"),
    _model("gpt-4o-mini", 128_000, 16_384, _CHAT, "2027-01-14"),
)

"""Groq's dialect and metadata.

Sources, as of November 2026: "API Reference", "OpenAI Compatibility", "Structured Outputs",
"Reasoning", "Service Tiers", "Images and Vision" and "Groq Batch API" of GroqDocs, and the types of
groq 1.7.
"""

from functools import partial

from msgspec.structs import replace

from chatmodels.openai_compatible import (
    COMMON_SETTINGS,
    Dialect,
    OpenAIBatches,
    compatible_provider,
)

# "OpenAI Compatibility"; the reference also documents penalties as not supported by any model.
_UNSUPPORTED = {
    *("logprobs", "top_logprobs", "logit_bias", "frequency_penalty", "presence_penalty"),
}
_SETTINGS = {name: field for name, field in COMMON_SETTINGS.items() if name not in _UNSUPPORTED}

DIALECT = Dialect(
    name="groq",
    settings={
        **_SETTINGS,
        "max_output_tokens": "max_completion_tokens",
        "reasoning_effort": "reasoning_effort",
        "service_tier": "service_tier",
    },
    values={
        "service_tier": ("auto", "default", "flex"),
        "reasoning_effort": ("none", "low", "medium", "high"),
    },
    implied={"service_tier": ("default",)},  # "on_demand" of the vendor
    ranges={"temperature": (0, 2)},
    native_output_without=("tools",),
    reasoning_field="reasoning",
    speaker_names=False,  # "OpenAI Compatibility": messages[].name is an error
)
"""Groq's chat completions, for models of which nothing is known."""

_TEXT = replace(DIALECT, inputs=frozenset())
# "Structured Outputs" lists the models with schemas; all others have JSON mode.
_JSON = frozenset({"json_object"})
_GPT_OSS = replace(_TEXT, values={**DIALECT.values, "reasoning_effort": ("low", "medium", "high")})
# "Reasoning": by default, the text contains the reasoning in tags.
_QWEN = replace(DIALECT, output_formats=_JSON, fields={"reasoning_format": "parsed"})
_NOT_REASONING = {
    name: field for name, field in DIALECT.settings.items() if name != "reasoning_effort"
}

PROVIDER = compatible_provider(
    DIALECT,
    description="Open models on Groq's own hardware.",
    base_url="https://api.groq.com/openai/v1",
    api_key_env=["GROQ_API_KEY"],
    families={
        "openai/gpt-oss-*": _GPT_OSS,
        "qwen/qwen3-32b*": replace(
            _QWEN, inputs=frozenset(), values={**DIALECT.values, "reasoning_effort": ("none",)}
        ),
        "qwen/qwen3.6-*": replace(_QWEN, values={**DIALECT.values, "reasoning_effort": ("none",)}),
        "qwen/*": _QWEN,
        "llama-3*": replace(_TEXT, settings=_NOT_REASONING, output_formats=_JSON),
        "meta-llama/*": replace(DIALECT, settings=_NOT_REASONING),
    },
    batches=partial(OpenAIBatches, pages="cursor"),
    documentation_url="https://console.groq.com/docs/api-reference",
)
"""The provider `groq`."""

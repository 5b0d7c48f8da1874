"""Mistral's dialect of chat completions ("Chat", API reference, and its SDK)."""

from functools import lru_cache

from msgspec.structs import replace

from chatmodels.http import IdForm
from chatmodels.openai_compatible import Dialect
from chatmodels.providers.mistral._encode import TIERS, adapt
from chatmodels.providers.mistral._profile import UNKNOWN, find_family

DIALECT = Dialect(
    name="mistral",
    settings={
        "temperature": "temperature",
        "top_p": "top_p",
        "top_k": "top_k",
        "max_output_tokens": "max_tokens",
        "stop": "stop",
        "seed": "random_seed",
        "frequency_penalty": "frequency_penalty",
        "presence_penalty": "presence_penalty",
        "logprobs": "logprobs",
        "top_logprobs": "top_logprobs",
        "reasoning_effort": "reasoning_effort",
        "parallel_tool_calls": "parallel_tool_calls",
        "metadata": "metadata",
        "service_tier": "service_tier",
        "prompt_cache_key": "prompt_cache_key",
        "prediction": "prediction",
    },
    values={"service_tier": tuple(TIERS)},
    usage_option=False,
    inputs=UNKNOWN.inputs,
    audio_formats=frozenset({"wav", "mp3", "flac", "ogg", "m4a", "mp4", "aac", "webm", "opus"}),
    image_types=("image/png", "image/jpeg", "image/webp", "image/gif"),  # "Vision"
    text_fields=frozenset(),
    call_ids=IdForm("[a-zA-Z0-9]{9}", 9),
    paired_calls=("mistral.ai",),
    reasoning_field="content",
    prefill="repeats",  # "Prefix", in its example
    adapt=adapt,
)
"""The dialect of chat completions that Mistral's API speaks."""


@lru_cache(maxsize=256)
def dialect_for(model: str) -> Dialect:
    """Return the dialect without fields that a model is known not to support."""
    family = find_family(model)
    settings = dict(DIALECT.settings)
    if family.efforts is None:
        del settings["reasoning_effort"]
    field = "content" if family.reasons else None
    return replace(
        DIALECT,
        settings=settings,
        inputs=family.inputs,
        reasoning_field=field,
        effort_words=family.efforts or {},
    )

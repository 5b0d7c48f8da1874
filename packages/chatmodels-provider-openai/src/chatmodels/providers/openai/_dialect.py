"""OpenAI's dialect of chat completions (the "Chat" reference and the guides of its API)."""

import re
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from chatmodels.core import ProviderPart
from chatmodels.core.extending import ProviderState
from chatmodels.http import IdForm
from chatmodels.openai_compatible import ANY_SERVER, COMMON_SETTINGS, Dialect

if TYPE_CHECKING:
    from chatmodels.openai_compatible.responses import ResponsesDialect

VALUES = {"service_tier": ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")}
"""The names of the service tiers ("Create a model response", "Create a chat completion")."""

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")
"""The image types that models accept ("Images and vision")."""

DOMAINS = ("api.openai.com",)
"""OpenAI's domains, including regional subdomains ("Data controls")."""

DIALECT = Dialect(
    name="openai",
    settings={
        **COMMON_SETTINGS,
        # `max_tokens` is deprecated, and refused by reasoning models.
        "max_output_tokens": "max_completion_tokens",
        "reasoning_effort": "reasoning_effort",
        "metadata": "metadata",
        "store": "store",
        "service_tier": "service_tier",
        "prompt_cache_key": "prompt_cache_key",
        "prompt_cache_retention": "prompt_cache_retention",
        "prediction": "prediction",
        "audio_output": "audio",
        "verbosity": "verbosity",
    },
    values=VALUES,
    inputs=frozenset({"image", "image_url", "audio", "file", "file_id"}),
    image_types=IMAGE_TYPES,
    file_types=("application/pdf",),
    text_fields=frozenset({"prompt_cache_breakpoint"}),  # "Prompt caching"
    call_ids=IdForm(r"[\s\S]{1,40}", 40),
    paired_calls=DOMAINS,
)
"""OpenAI's dialect; the API converts the role "system" to "developer" if necessary.

Files are PDF only ("File inputs"). Other text files are sent as text, as that page recommends.
"""

COMPATIBLE_DIALECT = replace(ANY_SERVER, name="openai")
"""The dialect for base URLs that are not OpenAI's."""

GATEWAY_DIALECT = replace(
    COMPATIBLE_DIALECT,
    settings={**COMPATIBLE_DIALECT.settings, "max_output_tokens": "max_completion_tokens"},
)
"""The dialect for OpenAI's models that reason at another base URL, which is that of a gateway.

These models refuse `max_tokens` ("Reasoning models"), wherever the request comes from.
"""

_SAMPLING = ("temperature", "top_p", "logprobs", "top_logprobs")
_NO_SAMPLING = re.compile(r"(ft:)?(o\d|gpt-5(-|$)(?!chat|search)|codex-)")
_NO_SAMPLING_WITH_REASONING = re.compile(r"(ft:)?gpt-(5\.\d|[6-9]|1\d)")
_NO_REASONING = re.compile(r"(ft:)?(gpt-[34]|chatgpt-4|gpt-5-chat|gpt-audio)")

AnyDialect = TypeVar("AnyDialect", Dialect, "ResponsesDialect")

FAMILIES = (
    "gpt-[34]*",
    "chatgpt-4*",
    "gpt-audio*",
    "o[0-9]*",
    "gpt-5-chat*",
    "gpt-5-search*",
    "gpt-5.[0-9]*",
    "gpt-5*",
    "codex-*",
    "gpt-[6-9]*",
    "gpt-1[0-9]*",
    "*",
)
"""Patterns of the names of models whose abilities differ."""


def for_model(dialect: AnyDialect, model: str) -> AnyDialect:
    """Return a dialect of OpenAI without the fields that a model does not support.

    Reasoning models before GPT-5.1 do not accept sampling parameters; later ones accept them only
    with the effort "none" ("Using the latest model", parameter compatibility). GPT-4.1, GPT-4o and
    earlier models do not reason and do not accept an effort (model pages).
    """
    settings = dialect.settings
    if _NO_SAMPLING.match(model):
        settings = {name: field for name, field in settings.items() if name not in _SAMPLING}
    not_with_reasoning = _SAMPLING if _NO_SAMPLING_WITH_REASONING.match(model) else ()
    fixed = {"reasoning_effort": ("none",)} if _NO_REASONING.match(model) else {}
    return replace(
        dialect,
        settings=settings,
        values={**dialect.values, **fixed},
        implied=fixed,
        not_with_reasoning=not_with_reasoning,
    )


def part_options(**fields: Any) -> ProviderPart:
    """Return options for the preceding part of a message; other providers ignore them.

    >>> from chatmodels.core import user
    >>> options = part_options(prompt_cache_breakpoint={"mode": "explicit"})
    >>> question = user("A long text.", options, "Why?")

    Args:
        fields: Fields of a content part, such as `prompt_cache_breakpoint` ("Prompt caching").
    """
    return ProviderPart(ProviderState(DIALECT.name, fields))

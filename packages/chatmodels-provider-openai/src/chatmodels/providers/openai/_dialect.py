"""How OpenAI speaks chat completions (the "Chat" reference and the guides of its API)."""

import re
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from chatmodels.core import ProviderPart
from chatmodels.core.extending import ProviderState
from chatmodels.http import ANY_ID, IdForm
from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect

if TYPE_CHECKING:
    from chatmodels.openai_compatible.responses import ResponsesDialect

VALUES = {"service_tier": ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")}
"""The words of the tiers ("Create a model response" and "Create a chat completion")."""

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")
"""The images that models see ("Images and vision")."""

DOMAINS = ("api.openai.com",)
"""OpenAI's own addresses, with those of regions ("Data controls")."""

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
"""Instructions have the role "system", which the API takes for "developer" where it must.

Files are PDF only ("File inputs"): other texts are written out, as that page advises.
"""

ELSEWHERE = replace(
    DIALECT,
    settings={**DIALECT.settings, "max_output_tokens": COMMON_SETTINGS["max_output_tokens"]},
    values={},
    call_ids=ANY_ID,
    image_types=None,
    file_types=None,
    text_fields=None,
    reasoning_field="as_sent",
    reasoning_details=True,
)
"""The dialect at an address that is not OpenAI's.

Nearly all servers know `max_tokens`, and many ignore `max_completion_tokens` in silence, such as
DeepSeek's API. Servers get their reasoning back, and gateways the long ids of tool calls in which
they keep state.
"""

_SAMPLING = ("temperature", "top_p", "logprobs", "top_logprobs")
_NEVER = re.compile(r"(ft:)?(o\d|gpt-5(-|$)(?!chat|search)|codex-)")
_NOT_WITH_REASONING = re.compile(r"(ft:)?gpt-(5\.\d|[6-9]|1\d)")
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
    """Return a dialect of OpenAI without what a model does not support.

    By "Using the latest model", under parameter compatibility: reasoning models before GPT-5.1 take
    no sampling parameters, later ones take them at the effort "none" alone. By the models' own
    pages, GPT-4.1, GPT-4o and those before have no reasoning, and no effort is accepted.
    """
    settings = dialect.settings
    if _NEVER.match(model):
        settings = {name: field for name, field in settings.items() if name not in _SAMPLING}
    beside = _SAMPLING if _NOT_WITH_REASONING.match(model) else ()
    fixed = {"reasoning_effort": ("none",)} if _NO_REASONING.match(model) else {}
    return replace(
        dialect,
        settings=settings,
        values={**dialect.values, **fixed},
        implied=fixed,
        not_with_reasoning=beside,
    )


def part_options(**fields: Any) -> ProviderPart:
    """Return options for the part before it in a message; other vendors ignore them.

    >>> from chatmodels.core import user
    >>> mark = part_options(prompt_cache_breakpoint={"mode": "explicit"})
    >>> asked = user("A long text.", mark, "Why?")

    Args:
        fields: Fields of a content part, such as `prompt_cache_breakpoint` ("Prompt caching").
    """
    return ProviderPart(ProviderState(DIALECT.name, fields))

"""OpenAI's dialect of chat completions (the "Chat" reference and the guides of its API)."""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from chatmodels.core import ProviderPart
from chatmodels.core.extending import ProviderState
from chatmodels.http import IdForm
from chatmodels.openai_compatible import (
    ANY_SERVER,
    COMMON_SETTINGS,
    Dialect,
    reasons_by_default,
    tool_rules,
)

if TYPE_CHECKING:
    from chatmodels.core import ChatModelError
    from chatmodels.http import HttpFailure
    from chatmodels.openai_compatible import OpenAIBatches
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
_NO_SAMPLING_WITH_REASONING = r"gpt-(5\.\d|[6-9]|1\d)"
_NO_REASONING = ("none",)

AnyDialect = TypeVar("AnyDialect", Dialect, "ResponsesDialect")

_EFFORTS: dict[str, tuple[str, ...]] = {
    "gpt-[34]*": _NO_REASONING,
    "chatgpt-4*": _NO_REASONING,
    "gpt-audio*": _NO_REASONING,
    "o[0-9]*": ("low", "medium", "high"),
    "codex-*": ("low", "medium", "high"),
    "gpt-5-chat*": _NO_REASONING,
    "gpt-5-search*": (),
    "gpt-5-pro*": ("high",),
    "gpt-5.[0-9]-c*": (),  # those for chats and Codex
    "gpt-5.[0-9]-pro*": (),
    "gpt-5.1*": ("none", "low", "medium", "high"),
    "gpt-5.2*": ("none", "low", "medium", "high", "xhigh"),
    "gpt-5.3*": (),
    "gpt-5.4*": ("none", "low", "medium", "high", "xhigh"),
    "gpt-5.5*": ("none", "low", "medium", "high", "xhigh"),
    "gpt-5.6*": ("none", "low", "medium", "high", "xhigh", "max"),
    "gpt-5.[7-9]*": (),
    "gpt-5*": ("minimal", "low", "medium", "high"),
    "gpt-6-sol*": ("none", "low", "medium", "high", "xhigh", "max"),
    "gpt-6-luna*": ("none", "low", "medium", "high", "xhigh", "max"),
    "gpt-6.1-terra*": ("none", "low", "medium", "high", "xhigh", "max"),
    "gpt-6-astra*": ("low", "medium", "high", "xhigh", "max"),
    "gpt-6.1-sol*": ("low", "medium", "high", "xhigh", "max"),
    "gpt-6.2-astra*": ("low", "medium", "high", "xhigh", "max"),
    "gpt-6.2-sol*": ("low", "medium", "high", "xhigh", "max"),
    "gpt-[6-9]*": (),
    "gpt-1[0-9]*": (),
    "*": (),
}
"""The reasoning efforts by pattern of a name ("Models"); empty if they are not checked.

Chat completions do not have "max" (messages of errors).
"""

FAMILIES = tuple(_EFFORTS)
"""Patterns of the names of models whose abilities differ."""


def for_model(dialect: AnyDialect, model: str) -> AnyDialect:
    """Return a dialect of OpenAI for what a model supports.

    Models that reason accept sampling parameters only with the effort "none" ("Using the latest
    model", parameter compatibility), which several do not have. Chat completions accept their
    functions only with that effort. GPT-4.1, GPT-4o and earlier models
    do not reason and do not accept an effort (model pages).
    """
    name = model.removeprefix("ft:")
    efforts = next(
        each
        for pattern, each in _EFFORTS.items()
        # Most patterns need not be compiled, which takes longer than the rest.
        if name.startswith(pattern.rstrip("*").partition("[")[0]) and fnmatchcase(name, pattern)
    )
    rules: dict[str, Any] = {"reasons_by_default": reasons_by_default(model)}
    if isinstance(dialect, Dialect):
        efforts = tuple(effort for effort in efforts if effort != "max")
        rules = {**tool_rules(model)}
    settings = dialect.settings
    if efforts and "none" not in efforts:
        settings = {name: field for name, field in settings.items() if name not in _SAMPLING}
    return replace(
        dialect,
        settings=settings,
        values={**dialect.values, "reasoning_effort": efforts} if efforts else dialect.values,
        implied={"reasoning_effort": efforts} if efforts == _NO_REASONING else {},
        not_with_reasoning=_SAMPLING if re.match(_NO_SAMPLING_WITH_REASONING, name) else (),
        **rules,
    )


def batches(
    failure: "Callable[[HttpFailure], ChatModelError]", headers: tuple[tuple[str, str], ...]
) -> "OpenAIBatches":
    """Return the batch API, which single calls do not import.

    Args:
        failure: Translates a failed response.
        headers: The headers for the account to bill.
    """
    from chatmodels.openai_compatible import OpenAIBatches

    return OpenAIBatches(provider="openai", failure=failure, headers=headers)


def part_options(**fields: Any) -> ProviderPart:
    """Return options for the preceding part of a message; other providers ignore them.

    >>> from chatmodels.core import user
    >>> options = part_options(prompt_cache_breakpoint={"mode": "explicit"})
    >>> question = user("A long text.", options, "Why?")

    Args:
        fields: Fields of a content part, such as `prompt_cache_breakpoint` ("Prompt caching").
    """
    return ProviderPart(ProviderState(DIALECT.name, fields))

"""The generations of Claude, which several clouds serve: rules that do not depend on the cloud.

Sources are Anthropic's pages of November 2026: "Adaptive thinking", "Effort", "Extended thinking",
"Structured outputs", "Mid-conversation system messages", "Prefill Claude's response", and "What's
new" of Claude 4.6, Opus 4.7, Sonnet 5, Opus 5, Fable 5.1, Opus 5.5, Sonnet 5.5 and Haiku 5.5.
"""

from functools import lru_cache
from typing import Literal

import msgspec
from msgspec.structs import replace

from chatmodels.core.extending import ALL_TOOL_CHOICES, FREE_TOOL_CHOICES, Profile, SchemaRules

Thinking = Literal["", "budget", "adaptive"]


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """The abilities of the models of one generation of Claude, at every vendor that hosts them.

    Attributes:
        max_tokens: The largest output in tokens, which every request has to state.
        thinking: The way in which thinking is requested: by a "budget" of tokens, as "adaptive" at
            an effort; empty if the model does not think.
        budgets: Whether budgets are supported as well.
        efforts: The values of `output_config.effort`; empty if there is no such field.
        off: The type of `thinking` that switches thinking off; empty if that is impossible.
        display: Whether the text of thinking is omitted unless it is requested.
        sampling: Whether temperature, top_p and top_k are supported.
        both: Whether temperature and top_p can be combined.
        forced: Whether the model can be forced to call tools.
        structured: Whether output schemas and strict tools are supported.
        late_system: Whether system messages among the others are supported.
        prefill: Whether a last message of the model is continued; others refuse it ("Migration
            guide").
    """

    max_tokens: int = 128_000
    thinking: Thinking = "adaptive"
    budgets: bool = False
    efforts: frozenset[str] = frozenset({"low", "medium", "high", "xhigh", "max"})
    off: Literal["", "disabled", "between_tools"] = "disabled"
    display: bool = True
    sampling: bool = False
    both: bool = True
    forced: bool = True
    structured: bool = True
    late_system: bool = True
    prefill: bool = False


_EFFORTS_4_6 = frozenset({"low", "medium", "high", "max"})
_4_6 = Generation(
    budgets=True,
    efforts=_EFFORTS_4_6,
    display=False,
    sampling=True,
    both=False,
    late_system=False,
)
_4_7 = Generation(late_system=False)
_4_5 = Generation(
    max_tokens=64_000,
    thinking="budget",
    budgets=True,
    efforts=frozenset(),
    display=False,
    sampling=True,
    both=False,
    late_system=False,
    prefill=True,
)
_4 = Generation(
    max_tokens=64_000,
    thinking="budget",
    budgets=True,
    efforts=frozenset(),
    display=False,
    sampling=True,
    structured=False,
    late_system=False,
    prefill=True,
)
_3 = Generation(
    max_tokens=4_096,
    thinking="",
    efforts=frozenset(),
    display=False,
    sampling=True,
    structured=False,
    late_system=False,
    prefill=True,
)
_5 = Generation()
_ALWAYS_THINKING = Generation(off="")
_NEWEST = Generation(off="", forced=False)


_GENERATIONS = {
    "claude-3-5-": replace(_3, max_tokens=8_192),
    "claude-3-7-": _4,
    "claude-3-": _3,
    "claude-v2": _3,
    "claude-2": _3,
    "claude-instant": _3,
    "-haiku-4-5": _4_5,
    "-sonnet-4-5": _4_5,
    "-opus-4-5": replace(_4_5, efforts=frozenset({"low", "medium", "high"})),
    "-sonnet-4-6": _4_6,
    "-opus-4-6": _4_6,
    "-opus-4-7": _4_7,
    "-opus-4-8": _5,
    "-opus-4-1": replace(_4, max_tokens=32_000, both=False),
    "-sonnet-4": _4,
    "-opus-4": replace(_4, max_tokens=32_000),
    "-haiku-5": _5,
    "-sonnet-5-5": replace(_NEWEST, off="between_tools"),
    "-opus-5-5": _NEWEST,
    "-sonnet-5": _5,
    "-opus-5": _5,
    "-fable-5-1": _NEWEST,
    "-fable-5-2": _NEWEST,
    "-fable-5": _ALWAYS_THINKING,
    "-mythos-5-1": _NEWEST,
    "-mythos-": _ALWAYS_THINKING,
}


CLAUDE_FAMILIES = (
    *(f"claude{part.removeprefix('claude')}*" for part in _GENERATIONS),
    "claude*",
)
"""Patterns of the names of all generations; the last matches those that are not in the table."""


@lru_cache(maxsize=256)
def find_generation(model: str, /) -> Generation | None:
    """Return the generation of a model, by a part of its name, since clouds add prefixes.

    A Claude that is not in the table has the newest rules. None if the model is not a Claude.
    """
    if "claude" not in model:
        return None
    return next((each for part, each in _GENERATIONS.items() if part in model), _NEWEST)


def claude_profile(profile: Profile, generation: Generation, /) -> Profile:
    """Return the profile of an API without what a generation does not support."""
    settings = dict(profile.settings or {})
    if not generation.sampling:
        for name in ("temperature", "top_p", "top_k"):
            settings.pop(name, None)
    if not generation.budgets:
        settings.pop("reasoning_budget", None)
    # For models without efforts, each effort is sent as a budget.
    supported = generation.efforts or frozenset({"low", "medium", "high", "xhigh", "max"})
    efforts = [each for each in ("low", "medium", "high", "xhigh", "max") if each in supported]
    if not generation.thinking:
        efforts = []
    if generation.off or not generation.thinking:
        efforts.insert(0, "none")
    free = generation.forced and generation.thinking
    exclusive = (("reasoning_budget", "reasoning_effort"),)
    return replace(
        profile,
        settings=settings,
        values={**profile.values, "reasoning_effort": tuple(efforts)},
        implied={
            **profile.implied,
            **({} if generation.thinking else {"reasoning_effort": ("none",)}),
        },
        exclusive=exclusive if generation.both else (*exclusive, ("temperature", "top_p")),
        # Thinking allows only temperature 1, and no top_k ("Extended thinking").
        not_with_reasoning={"temperature": (1,), "top_k": ()} if generation.thinking else {},
        strict_tools=profile.strict_tools and generation.structured,
        native_output=frozenset({"strict"} if generation.structured else ()),
        tool_choices=ALL_TOOL_CHOICES if generation.forced else FREE_TOOL_CHOICES,
        tool_choices_with_reasoning=FREE_TOOL_CHOICES if free else ALL_TOOL_CHOICES,
        effort_words={each: None for each in efforts if each not in generation.efforts},
        prefill="rest" if generation.prefill else "none",
    )


ENFORCED_SCHEMAS = SchemaRules(
    described=frozenset(
        {
            *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
            *("minLength", "maxLength", "maxItems", "uniqueItems", "minContains", "maxContains"),
            *("oneOf", "prefixItems"),
        }
    ),
    formats=frozenset(
        {
            *("date-time", "time", "date", "duration", "email", "hostname", "uri"),
            *("ipv4", "ipv6", "uuid"),
        }
    ),
    min_items=frozenset({0, 1}),
    recursion="nowhere",
    enforced=True,
)
"""The part of JSON Schema that Anthropic enforces ("Structured outputs", its limitations).

Amazon states the same for all models of Bedrock ("Get validated JSON results from models").
"""

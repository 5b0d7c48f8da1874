"""The abilities of one model of one API, as data."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec

ToolChoiceMode = Literal["auto", "none", "required", "tool"]

ALL_TOOL_CHOICES: frozenset[ToolChoiceMode] = frozenset({"auto", "none", "required", "tool"})
FREE_TOOL_CHOICES: frozenset[ToolChoiceMode] = frozenset({"auto", "none"})
"""The choices that do not force the model to call a tool."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What one model supports. A request is compared with it before it is encoded.

    Attributes:
        settings: The supported settings: neutral name to the field of the body; None for all.
        values: The supported values of a setting, if not all are.
        ranges: The least and the largest value of a setting, if narrower than core's.
        exclusive: Settings that cannot be combined with each other; the first one takes precedence.
        not_with_reasoning: Setting to the values that are supported beside reasoning, if not all
            are; empty for none.
        tools: Whether tools are supported.
        strict_tools: Whether strict tools are supported.
        tool_choices: The supported modes of a tool choice.
        tool_choices_with_reasoning: Those beside reasoning, if they are fewer.
        effort_words: Reasoning effort to the word that is sent for it, if that is another one; None
            for an effort that is sent without a word, as a number of tokens or a switch.
    """

    settings: Mapping[str, str] | None = None
    values: Mapping[str, Collection[Any]] = {}
    ranges: Mapping[str, tuple[float, float]] = {}
    exclusive: Sequence[Sequence[str]] = ()
    not_with_reasoning: Mapping[str, Collection[Any]] = {}
    tools: bool = True
    strict_tools: bool = True
    tool_choices: frozenset[ToolChoiceMode] = ALL_TOOL_CHOICES
    tool_choices_with_reasoning: frozenset[ToolChoiceMode] = ALL_TOOL_CHOICES
    effort_words: Mapping[str, str | None] = {}


EVERYTHING = Profile()

"""The models of OpenAI that reason, by name, for the vendors that serve them."""

import re
from typing import TypedDict

# Compiled on first use: other models do not need them.
_REASONS = r"(ft:)?gpt-(5\.[5-9]|[6-9]|1\d)(?!.*-(chat|search|audio))"
_NO_TOOLS = r"(ft:)?gpt-(5\.[46-9]|[6-9]|1\d)(?!.*-(chat|search|audio))"

TOOL_FAMILIES = ("gpt-5.4*", "gpt-5.5*", "gpt-5.[6-9]*", "gpt-[6-9]*", "gpt-1[0-9]*", "*")
"""The families whose `tool_rules` differ, as `Codec.families`."""

TOOLS_REMEDY = {"tools with reasoning": 'api="responses"'}
"""The remedy for models that do not have `tools_with_reasoning`, as `Codec.remedies`."""


class ToolRules(TypedDict):
    """The fields of a `Dialect` for tools of models that reason."""

    reasons_by_default: bool
    tools_with_reasoning: bool


def reasons_by_default(model: str, /) -> bool:
    """Check whether a model from GPT-5.1 on reasons if a request has no effort ("Models").

    GPT-5.1, GPT-5.2 and GPT-5.4 do not.
    """
    return re.match(_REASONS, model) is not None


def tool_rules(model: str, /) -> ToolRules:
    """Return the rules of chat completions for a model.

    GPT-5.4 accepts functions with the effort "none", its default. So do GPT-5.6 and later models,
    whose default is another effort; those without "none" never do (messages of OpenAI's and
    Azure's errors). GPT-5.5, which reasons by default, accepts them without an effort, and is not
    checked.
    """
    return {
        "reasons_by_default": reasons_by_default(model),
        "tools_with_reasoning": re.match(_NO_TOOLS, model) is None,
    }

"""Rules of Cohere's Chat API, version 2."""

import math
import re
from collections.abc import Iterator

from chatmodels.testing._strict.pairing import Turn, objects, repeated, unanswered, unasked
from chatmodels.testing._strict.retirement import COHERE
from chatmodels.testing._strict.rule import CheckedRequest, Refusal, StrictRule

_OTHERS = re.compile(r"(gpt|claude|gemini|mistral|o\d)-")
_ROLES = frozenset({"assistant", "system", "tool", "user"})
_RANGES = {"p": (0.01, 0.99), "k": (0, 500), "temperature": (0, math.inf)}


def _turns(request: CheckedRequest) -> Iterator[Turn]:
    for position, message in enumerate(objects(request.body.get("messages"))):
        calls = tuple(str(call.get("id")) for call in objects(message.get("tool_calls")))
        is_result = message.get("role") == "tool"
        yield Turn(position, calls, (str(message.get("tool_call_id")),) if is_result else ())


def unknown_model(model: str, /) -> Refusal:
    """Return the refusal of a model that does not exist."""
    message = f"model '{model}' not found, make sure the correct model ID was used."
    return Refusal(message=message, status=404)


def _model(request: CheckedRequest) -> Refusal | None:
    model = request.model
    if _OTHERS.match(model) or COHERE.is_retired(model, request.as_of):
        return unknown_model(model)
    return None


def _role(request: CheckedRequest) -> Refusal | None:
    for position, message in enumerate(objects(request.body.get("messages"))):
        if message.get("role") not in _ROLES:
            return Refusal(message=f"invalid request: messages[{position}]: invalid role.")
    return None


def _pairs(request: CheckedRequest) -> Refusal | None:
    for _, call in unanswered(_turns(request)):
        message = f"invalid request: the tool call {call} has no tool message after it."
        return Refusal(message=message)
    for _, call in unasked(_turns(request)):
        message = f"invalid request: no tool call with the id {call} before its tool message."
        return Refusal(message=message)
    return None


def _tools(request: CheckedRequest) -> Refusal | None:
    tools = objects(request.body.get("tools"))
    name = repeated(str(tool.get("function", {}).get("name")) for tool in tools)
    if name is not None:
        return Refusal(message=f"invalid request: duplicate tool name {name}.")
    if request.body.get("tool_choice") == "REQUIRED" and not tools:
        return Refusal(message="invalid request: tool_choice requires tools.")
    return None


def _ranges(request: CheckedRequest) -> Refusal | None:
    for name, (least, most) in _RANGES.items():
        value = request.body.get(name)
        if isinstance(value, int | float) and not least <= value <= most:
            limits = f"at least {least}" if most == math.inf else f"between {least} and {most}"
            message = f"invalid request: {name} must be {limits}."
            return Refusal(message=message)
    return None


RULES = (
    StrictRule(
        "model",
        "a retired model, or one of another vendor",
        "[Retired models](#retired-models); a recorded response",
        _model,
    ),
    StrictRule("role", "a role that the API does not have", "API reference, Chat", _role),
    StrictRule("pairs", "calls without results, or results without calls", "page Tool use", _pairs),
    StrictRule(
        "tools", "repeated names, or a required tool without tools", "page Tool use", _tools
    ),
    StrictRule("ranges", "a number out of its range", "API reference, Chat", _ranges),
)

"""Rules of Amazon Bedrock's Converse."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from chatmodels.testing._json import is_object
from chatmodels.testing._strict.pairing import Turn, objects, repeated, unanswered, unasked
from chatmodels.testing._strict.retirement import BEDROCK
from chatmodels.testing._strict.rule import CheckedRequest, Refusal, StrictRule

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_OTHERS = re.compile(r"(gpt|gemini|claude|mistral|command|o\d)-")


def _messages(request: CheckedRequest) -> list[dict[str, Any]]:
    return objects(request.body.get("messages"))


def _turns(request: CheckedRequest) -> Iterator[Turn]:
    for position, message in enumerate(_messages(request)):
        blocks = objects(message.get("content"))
        calls = [b["toolUse"].get("toolUseId") for b in blocks if is_object(b.get("toolUse"))]
        outcomes = [b["toolResult"] for b in blocks if is_object(b.get("toolResult"))]
        results = [outcome.get("toolUseId") for outcome in outcomes]
        yield Turn(position, tuple(map(str, calls)), tuple(map(str, results)))


def unknown_model(model: str, /) -> Refusal:
    """Return the refusal of a model that does not exist."""
    return Refusal(message="The provided model identifier is invalid.")


def _model(request: CheckedRequest) -> Refusal | None:
    if _OTHERS.match(request.model):
        return unknown_model(request.model)
    if BEDROCK.is_retired(request.model, request.as_of):
        return Refusal(
            message="This model version has reached the end of its life.",
            status=404,
            kind="ResourceNotFoundException",
        )
    return None


def _order(request: CheckedRequest) -> Refusal | None:
    messages = _messages(request)
    if messages and messages[0].get("role") != "user":
        message = "A conversation must start with a user message."
        return Refusal(message=message)
    for message, following in pairwise(messages):
        if message.get("role") == following.get("role"):
            return Refusal(message="A conversation must alternate between user and assistant.")
    return None


def _texts(request: CheckedRequest) -> Refusal | None:
    for position, message in enumerate(_messages(request)):
        blocks = objects(message.get("content"))
        if not blocks:
            return Refusal(message=f"The content field at messages.{position} is empty.")
        for number, block in enumerate(blocks):
            if "text" in block and not str(block["text"]).strip():
                return Refusal(
                    message="The text field in the ContentBlock object at "
                    f"messages.{position}.content.{number} is blank."
                )
    return None


def _pairs(request: CheckedRequest) -> Refusal | None:
    for position, call in unanswered(_turns(request)):
        return Refusal(
            message=f"Expected toolResult blocks at messages.{position + 1}.content for the "
            f"following Ids: {call}"
        )
    for position, _ in unasked(_turns(request)):
        return Refusal(
            message="The number of toolResult blocks exceeds the number of toolUse blocks of the "
            f"previous turn, at messages.{position}.content."
        )
    return None


def _ids(request: CheckedRequest) -> Refusal | None:
    ids = [call for turn in _turns(request) for call in turn.calls]
    for call in ids:
        if not _ID.fullmatch(call):
            message = f"Value '{call}' at 'toolUseId' failed to satisfy constraint."
            return Refusal(message=message)
    return Refusal(message="toolUse ids must be unique.") if repeated(ids) is not None else None


def _tools(request: CheckedRequest) -> Refusal | None:
    config = request.body.get("toolConfig")
    if not is_object(config):
        if any(turn.calls or turn.results for turn in _turns(request)):
            return Refusal(
                message="The toolConfig field must be defined when using toolUse and toolResult "
                "content blocks."
            )
        return None
    tools = objects(config.get("tools"))
    if not tools:
        return Refusal(message="toolConfig.tools must have length greater than or equal to 1.")
    names = [tool["toolSpec"].get("name") for tool in tools if is_object(tool.get("toolSpec"))]
    for name in names:
        if not _NAME.fullmatch(str(name)):
            return Refusal(message=f"Value '{name}' at 'name' failed to satisfy constraint.")
    if repeated(map(str, names)) is not None:
        return Refusal(message="toolConfig.tools: names must be unique.")
    return None


def _ranges(request: CheckedRequest) -> Refusal | None:
    config = request.body.get("inferenceConfig")
    for name, value in config.items() if is_object(config) else ():
        if (
            name in {"temperature", "topP"}
            and isinstance(value, int | float)
            and not 0 <= value <= 1
        ):
            message = f"Value '{value}' at 'inferenceConfig.{name}' failed to satisfy constraint."
            return Refusal(message=message)
        if name == "maxTokens" and isinstance(value, int) and value < 1:
            message = (
                f"Value '{value}' at 'inferenceConfig.maxTokens' failed to satisfy constraint."
            )
            return Refusal(message=message)
    return None


RULES = (
    StrictRule(
        "model",
        "a retired model, or an id without a vendor",
        "[Retired models](#retired-models)",
        _model,
    ),
    StrictRule(
        "order", "roles that do not alternate from the user on", "API reference, Converse", _order
    ),
    StrictRule("text", "an empty message or a blank text", "API reference, ContentBlock", _texts),
    StrictRule("call-id", "repeated or invalid ids of calls", "API reference, ToolUseBlock", _ids),
    StrictRule(
        "pairs",
        "calls without results next, or results without calls",
        "page Call a tool with the Converse API",
        _pairs,
    ),
    StrictRule(
        "tools",
        "calls or results without `toolConfig`, or invalid or repeated names",
        "API reference, ToolConfiguration",
        _tools,
    ),
    StrictRule(
        "ranges", "a number out of its range", "API reference, InferenceConfiguration", _ranges
    ),
)

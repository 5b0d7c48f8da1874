"""Rules of Mistral's chat completions, in addition to those of its wire format."""

import re
from collections.abc import Iterator
from typing import Any

from chatmodels.testing._strict.pairing import Turn, objects, repeated, unanswered, unasked
from chatmodels.testing._strict.retirement import MISTRAL
from chatmodels.testing._strict.rule import CheckedRequest, Refusal, StrictRule

_OTHERS = re.compile(r"(gpt|claude|gemini|command|o\d)-")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,256}")
_ID = re.compile("[a-zA-Z0-9]{9}")
_FIELDS = {
    "system": {"role", "content"},
    "user": {"role", "content"},
    "assistant": {"role", "content", "tool_calls", "prefix"},
    "tool": {"role", "content", "tool_call_id", "name"},
}
_RANGES = {"temperature": (0, 1.5), "top_p": (0, 1)}


def _turns(request: CheckedRequest) -> Iterator[Turn]:
    for position, message in enumerate(objects(request.body.get("messages"))):
        calls = tuple(str(call.get("id")) for call in objects(message.get("tool_calls")))
        is_result = message.get("role") == "tool"
        yield Turn(position, calls, (str(message.get("tool_call_id")),) if is_result else ())


def _fields(request: CheckedRequest) -> Refusal | None:
    for message in objects(request.body.get("messages")):
        if extra := message.keys() - _FIELDS.get(str(message.get("role")), set()):
            names = ", ".join(sorted(extra))
            return Refusal(message=f"Extra inputs are not permitted: {names}")
    return None


def _content(request: CheckedRequest) -> Refusal | None:
    for message in objects(request.body.get("messages")):
        has_content = message.get("content") or message.get("tool_calls")
        if message.get("role") == "assistant" and not has_content:
            return Refusal(message="Assistant message must have either content or tool_calls")
    return None


def _ids(request: CheckedRequest) -> Refusal | None:
    for turn in _turns(request):
        for call in (*turn.calls, *turn.results):
            if not _ID.fullmatch(call):
                return Refusal(
                    message=f"Tool call id was {call} but must be a-z, A-Z, 0-9, with a length of "
                    "9."
                )
    return None


def _last(request: CheckedRequest) -> Refusal | None:
    messages = objects(request.body.get("messages"))
    if messages and messages[-1].get("role") in {"user", "tool"}:
        return None
    if messages and messages[-1].get("prefix"):
        return None
    return Refusal(message="Expected last role User or Tool (or Assistant with prefix)")


def _pairs(request: CheckedRequest) -> Refusal | None:
    for _ in (*unanswered(_turns(request)), *unasked(_turns(request))):
        return Refusal(
            message="Not the same number of function calls and responses",
            kind="invalid_request_message_order",
            code="3230",
        )
    return None


def unknown_model(model: str, /) -> Refusal:
    """Return the refusal of a model that does not exist."""
    return Refusal(message=f"Invalid model: {model}", kind="invalid_model", code="1500")


def _model(request: CheckedRequest) -> Refusal | None:
    model = request.model
    if _OTHERS.match(model) or MISTRAL.is_retired(model, request.as_of):
        return unknown_model(model)
    return None


def _names(request: CheckedRequest) -> Refusal | None:
    tools: list[dict[str, Any]] = [
        tool.get("function", {}) for tool in objects(request.body.get("tools"))
    ]
    names = [str(tool.get("name")) for tool in tools]
    for name in names:
        if not _NAME.fullmatch(name):
            message = f"Function name was {name} but must be a-z, A-Z, 0-9, or contain _ and -."
            return Refusal(message=message, kind="invalid_request_function", code="3280")
    if (name := repeated(names)) is not None:
        message = f"Duplicate function name {name}."
        return Refusal(message=message, kind="invalid_request_function", code="3280")
    return None


def _ranges(request: CheckedRequest) -> Refusal | None:
    for name, (least, most) in _RANGES.items():
        value = request.body.get(name)
        if isinstance(value, int | float) and not least <= value <= most:
            message = f"{name}: Input should be between {least} and {most}"
            return Refusal(message=message, status=422, kind="invalid_request_error")
    return None


RULES = (
    StrictRule("fields", "fields that a role does not have", "API reference, Chat", _fields),
    StrictRule("content", "an empty message of the assistant", "API reference, Chat", _content),
    StrictRule(
        "call-id", "ids that are not nine letters and digits", "page Function calling", _ids
    ),
    StrictRule(
        "last-role",
        "a message of the assistant at the end, unless it is a prefix",
        "page Prefix",
        _last,
    ),
    StrictRule(
        "model",
        "a retired model, or one of another vendor",
        "[Retired models](#retired-models); page Error codes",
        _model,
    ),
    StrictRule(
        "pairs", "calls without results, or results without calls", "page Function calling", _pairs
    ),
    StrictRule("tools", "repeated or invalid names of functions", "page Function calling", _names),
    StrictRule(
        "ranges",
        "a `temperature` above 1.5 or a `top_p` above 1",
        "API reference, Chat; a response that issue 4856 of SillyTavern shows",
        _ranges,
    ),
)

"""Rules of Google's generateContent, for the Gemini API and Vertex AI."""

import re
from collections.abc import Iterator
from typing import Any

from chatmodels.testing._json import is_object
from chatmodels.testing._strict.pairing import objects, repeated
from chatmodels.testing._strict.retirement import GEMINI, VERTEX_AI, Retirements
from chatmodels.testing._strict.rule import CheckedRequest, Refusal, StrictRule

_OTHERS = re.compile(r"(gpt|claude|mistral|command|o\d)-")
_VERTEX_AI = "/publishers/google/"
_SIGNED = re.compile(r"gemini-([3-9]|\d\d)")
_OLD = re.compile(r"gemini-2")
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}")
_ROLES = frozenset({"user", "model", "function"})


def _contents(request: CheckedRequest) -> list[dict[str, Any]]:
    return objects(request.body.get("contents"))


def _functions(request: CheckedRequest) -> list[dict[str, Any]]:
    tools = objects(request.body.get("tools"))
    return [f for tool in tools for f in objects(tool.get("functionDeclarations"))]


def _config(request: CheckedRequest) -> dict[str, Any]:
    config = request.body.get("generationConfig")
    return config if is_object(config) else {}


def unknown_model(model: str, /) -> Refusal:
    """Return the refusal of a model that does not exist."""
    message = f"models/{model} is not found, or is not supported for generateContent."
    return Refusal(message=message, status=404, kind="NOT_FOUND")


def vendor_at(path: str, /) -> Retirements:
    """Return the vendor's API at a path."""
    return VERTEX_AI if _VERTEX_AI in path else GEMINI


def _model(request: CheckedRequest) -> Refusal | None:
    model = request.model
    if _OTHERS.match(model) or vendor_at(request.path).is_retired(model, request.as_of):
        return unknown_model(model)
    return None


def _role(request: CheckedRequest) -> Refusal | None:
    for content in _contents(request):
        if content.get("role", "user") not in _ROLES:
            return Refusal(message="Please use a valid role: user, model.")
    return None


def _parts(request: CheckedRequest) -> Refusal | None:
    for position, content in enumerate(_contents(request)):
        parts = objects(content.get("parts"))
        if not parts:
            message = f"GenerateContentRequest.contents[{position}].parts: must not be empty."
            return Refusal(message=message)
        for number, part in enumerate(parts):
            if not part.keys() - {"thought", "thoughtSignature"}:
                return Refusal(
                    message=f"GenerateContentRequest.contents[{position}].parts[{number}].data: "
                    "required oneof field 'data' must have one initialized field"
                )
    return None


def _turns(request: CheckedRequest) -> Iterator[tuple[int, int]]:
    """Yield the numbers of calls and results of each turn; neighbours of one role are one turn."""
    role, calls, results = "", 0, 0
    for content in _contents(request):
        parts = objects(content.get("parts"))
        own = "model" if content.get("role") == "model" else "user"
        if own != role:
            if role:
                yield calls, results
            role, calls, results = own, 0, 0
        calls += sum("functionCall" in part for part in parts)
        results += sum("functionResponse" in part for part in parts)
    yield calls, results


def _pairs(request: CheckedRequest) -> Refusal | None:
    pending = 0
    for calls, results in _turns(request):
        if results and not pending:
            return Refusal(
                message="Please ensure that function response turn comes immediately after a "
                "function call turn."
            )
        if pending != results:
            return Refusal(
                message="Please ensure that the number of function response parts is equal to the "
                "number of function call parts of the function call turn."
            )
        pending = calls
    if pending:
        message = "Please ensure that each function call has a function response."
        return Refusal(message=message)
    return None


def _signatures(request: CheckedRequest) -> Refusal | None:
    if not _SIGNED.match(request.model):
        return None
    contents = _contents(request)
    start = 0
    for position, content in enumerate(contents):
        parts = objects(content.get("parts"))
        if content.get("role") != "model" and any("functionResponse" not in p for p in parts):
            start = position
    for position, content in enumerate(contents[start:], start):
        calls = [part for part in objects(content.get("parts")) if "functionCall" in part]
        if calls and not calls[0].get("thoughtSignature"):
            name = calls[0]["functionCall"].get("name")
            return Refusal(
                message="Function call is missing a thought_signature in functionCall parts. "
                f"Function call `{name}`, position {position}."
            )
    return None


def _tools(request: CheckedRequest) -> Refusal | None:
    names = [str(function.get("name")) for function in _functions(request)]
    if (name := repeated(names)) is not None:
        return Refusal(message=f"Duplicate function declaration found: {name}")
    for position, name in enumerate(names):
        if not _NAME.fullmatch(name):
            return Refusal(
                message=f"GenerateContentRequest.tools[0].function_declarations[{position}].name: "
                "Invalid function name."
            )
    return None


def _allowed(request: CheckedRequest) -> Refusal | None:
    config = request.body.get("toolConfig")
    calling = config.get("functionCallingConfig") if is_object(config) else None
    names = calling.get("allowedFunctionNames") if is_object(calling) else None
    if not is_object(calling) or not names:
        return None
    if calling.get("mode") not in {"ANY", "VALIDATED"}:
        return Refusal(message="allowed_function_names requires the mode ANY or VALIDATED.")
    known = {function.get("name") for function in _functions(request)}
    if unknown := [name for name in names if name not in known]:
        return Refusal(message=f"allowed_function_names: {unknown[0]} is not declared.")
    return None


def _thinking(request: CheckedRequest) -> Refusal | None:
    thinking = _config(request).get("thinkingConfig")
    if not is_object(thinking) or not {"thinkingBudget", "thinkingLevel"} <= thinking.keys():
        return None
    return Refusal(message="You can only set one of thinking budget and thinking level.")


def _ranges(request: CheckedRequest) -> Refusal | None:
    config = _config(request)
    for name, most in {"temperature": 2, "topP": 1}.items():
        value = config.get(name)
        if isinstance(value, int | float) and not 0 <= value <= most:
            message = f"generation_config.{name}: must be in the range [0, {most}]."
            return Refusal(message=message)
    return None


def _output(request: CheckedRequest) -> Refusal | None:
    config = _config(request)
    has_schema = config.keys() & {"responseSchema", "responseJsonSchema"}
    media_type = config.get("responseMimeType")
    if has_schema and media_type not in {"application/json", "text/x.enum"}:
        return Refusal(message="A response schema requires response_mime_type application/json.")
    if media_type == "application/json" and _functions(request) and _OLD.match(request.model):
        return Refusal(
            message="Function calling with a response mime type: 'application/json' is unsupported"
        )
    return None


RULES = (
    StrictRule(
        "model",
        "a retired model, or one of another vendor",
        "[Retired models](#retired-models); a recorded response",
        _model,
    ),
    StrictRule("role", "another role than user or model", "API reference, Content", _role),
    StrictRule("parts", "contents or parts without data", "API reference, Content", _parts),
    StrictRule(
        "pairs",
        "results whose number is not that of the calls before them",
        "page Function calling",
        _pairs,
    ),
    StrictRule(
        "signature",
        "a call of the current turn without its signature, from Gemini 3 on",
        "page on signatures of calls (`Thought signatures`)",
        _signatures,
    ),
    StrictRule(
        "tools",
        "repeated or invalid names of functions",
        "API reference, FunctionDeclaration",
        _tools,
    ),
    StrictRule(
        "allowed-functions",
        "names of functions with another mode, or of unknown functions",
        "API reference, FunctionCallingConfig",
        _allowed,
    ),
    StrictRule("thinking", "both a thinking budget and a level", "page Thinking", _thinking),
    StrictRule("ranges", "a number out of its range", "API reference, GenerationConfig", _ranges),
    StrictRule(
        "output",
        "a schema without the media type of JSON, or JSON with functions before Gemini 3",
        "page Structured outputs",
        _output,
    ),
)

"""Rules of OpenAI's Responses API."""

from typing import Any

from chatmodels.testing._json import is_object
from chatmodels.testing._strict.chat_vendors import is_retired_by_openai
from chatmodels.testing._strict.openai_models import (
    is_function_name,
    is_openai,
    out_of_range,
    reasons,
    refused_effort,
    strict_problem,
)
from chatmodels.testing._strict.pairing import objects
from chatmodels.testing._strict.rule import CheckedRequest, Refusal, StrictRule

_CALLS = {"function_call": "function call", "custom_tool_call": "custom tool call"}
_OUTPUTS = {
    "function_call_output": "function call output",
    "custom_tool_call_output": "custom tool call output",
}
_ROLES = frozenset({"assistant", "developer", "system", "user"})
_OUTPUT_PARTS = frozenset({"output_text", "refusal"})
_INPUT_PARTS = frozenset({"input_text", "input_image", "input_file", "input_audio"})
_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "max_output_tokens": (16, 2**31),
    "top_logprobs": (0, 20),
}


def _continues(request: CheckedRequest) -> bool:
    return bool(request.body.get("previous_response_id") or request.body.get("conversation"))


def _unanswered(request: CheckedRequest) -> Refusal | None:
    items = objects(request.body.get("input"))
    outputs = {item.get("call_id") for item in items if item.get("type") in _OUTPUTS}
    for item in items:
        kind = _CALLS.get(str(item.get("type")))
        if kind is not None and item.get("call_id") not in outputs:
            message = f"No tool output found for {kind} {item.get('call_id')}."
            return Refusal(message=message, param="input")
    return None


def _unasked(request: CheckedRequest) -> Refusal | None:
    if _continues(request):
        return None
    items = objects(request.body.get("input"))
    calls = {item.get("call_id") for item in items if item.get("type") in _CALLS}
    for item in items:
        kind = _OUTPUTS.get(str(item.get("type")))
        if kind is not None and item.get("call_id") not in calls:
            message = f"No tool call found for {kind} with call_id {item.get('call_id')}."
            return Refusal(message=message, param="input")
    return None


def _role(request: CheckedRequest) -> Refusal | None:
    for position, item in enumerate(objects(request.body.get("input"))):
        if "role" in item and item["role"] not in _ROLES:
            return Refusal(
                message=f"Invalid value: '{item['role']}'. Supported values are: {sorted(_ROLES)}.",
                code="invalid_value",
                param=f"input[{position}]",
            )
    return None


def _content(request: CheckedRequest) -> Refusal | None:
    for position, item in enumerate(objects(request.body.get("input"))):
        if "role" not in item:
            continue
        wanted = _OUTPUT_PARTS if item["role"] == "assistant" else _INPUT_PARTS
        for number, part in enumerate(objects(item.get("content"))):
            if part.get("type") not in wanted:
                return Refusal(
                    message=f"Invalid value: '{part.get('type')}'. Supported values are: "
                    f"{sorted(wanted)}.",
                    code="invalid_value",
                    param=f"input[{position}].content[{number}]",
                )
    return None


def unknown_model(model: str, /) -> Refusal:
    """Return the refusal of a model that does not exist."""
    message = f"The requested model '{model}' does not exist."
    return Refusal(message=message, code="model_not_found", param="model")


def _model(request: CheckedRequest) -> Refusal | None:
    return unknown_model(request.model) if is_retired_by_openai(request) else None


def _previous(request: CheckedRequest) -> Refusal | None:
    previous = request.body.get("previous_response_id")
    if previous is None or previous in request.stored:
        return None
    return Refusal(
        message=f"Previous response with id '{previous}' not found.",
        code="previous_response_not_found",
        param="previous_response_id",
    )


def _ranges(request: CheckedRequest) -> Refusal | None:
    return out_of_range(request.body, _RANGES) if is_openai(request.model) else None


def _requested_effort(request: CheckedRequest) -> object:
    reasoning = request.body.get("reasoning")
    return reasoning.get("effort") if is_object(reasoning) else None


def _effort(request: CheckedRequest) -> Refusal | None:
    return refused_effort(request, _requested_effort(request), chat=False)


def _sampling(request: CheckedRequest) -> Refusal | None:
    body = request.body
    if not reasons(request, _requested_effort(request)):
        return None
    for name in ("temperature", "top_p"):
        if body.get(name) not in (None, 1):
            return Refusal(
                message=f"Unsupported parameter: '{name}' is not supported with this model.",
                code="unsupported_parameter",
                param=name,
            )
    return None


def _tools(request: CheckedRequest) -> list[dict[str, Any]]:
    return [tool for tool in objects(request.body.get("tools")) if tool.get("type") == "function"]


def _names(request: CheckedRequest) -> Refusal | None:
    for position, tool in enumerate(_tools(request)):
        if not is_function_name(tool.get("name")):
            return Refusal(
                message=f"Invalid 'tools[{position}].name': string does not match pattern.",
                code="invalid_value",
                param=f"tools[{position}].name",
            )
    return None


def _chosen(request: CheckedRequest) -> Refusal | None:
    choice = request.body.get("tool_choice")
    if not is_object(choice) or choice.get("type") != "function":
        return None
    name = choice.get("name")
    if any(tool.get("name") == name for tool in _tools(request)):
        return None
    message = f"Tool choice '{name}' not found in 'tools' parameter."
    return Refusal(message=message, param="tool_choice")


def _strict_tools(request: CheckedRequest) -> Refusal | None:
    for position, tool in enumerate(_tools(request)):
        problem = strict_problem(tool.get("parameters")) if tool.get("strict") else ""
        if problem and is_openai(request.model):
            return Refusal(
                message=f"Invalid schema for function '{tool.get('name')}': {problem}",
                code="invalid_function_parameters",
                param=f"tools[{position}].parameters",
            )
    return None


def _strict_output(request: CheckedRequest) -> Refusal | None:
    match request.body.get("text"):
        case {"format": {"strict": True, "schema": schema, "name": name}}:
            problem = strict_problem(schema) if is_openai(request.model) else ""
        case _:
            return None
    if not problem:
        return None
    return Refusal(
        message=f"Invalid schema for response_format '{name}': {problem}",
        code="invalid_json_schema",
        param="text.format.schema",
    )


def _background(request: CheckedRequest) -> Refusal | None:
    body = request.body
    if not body.get("background") or body.get("store") is not False:
        return None
    return Refusal(message="Background mode requires 'store' to be true.", param="background")


RULES = (
    StrictRule("role", "a role that the API does not have", "API reference, Responses", _role),
    StrictRule(
        "content",
        "parts of the user in a message of the assistant, or the reverse",
        "API reference, Responses",
        _content,
    ),
    StrictRule(
        "unanswered-call", "a tool call without an output", "guide Function calling", _unanswered
    ),
    StrictRule(
        "unasked-result", "an output without its tool call", "guide Function calling", _unasked
    ),
    StrictRule(
        "model",
        "a retired model of OpenAI",
        "[Retired models](#retired-models); a recorded response",
        _model,
    ),
    StrictRule(
        "previous-response",
        "a `previous_response_id` that is not stored",
        "guide Conversation state; a recorded response",
        _previous,
    ),
    StrictRule(
        "ranges",
        "a number out of its range, such as fewer than 16 output tokens",
        "API reference, Responses; a recorded response for `temperature`",
        _ranges,
    ),
    StrictRule(
        "reasoning-effort",
        "an effort that the model does not have; not at Azure's paths",
        "page Models; error messages that users report",
        _effort,
    ),
    StrictRule(
        "sampling",
        "sampling settings of a model that reasons",
        "guide Using the latest model",
        _sampling,
    ),
    StrictRule("tool-name", "an invalid name of a function", "API reference, Responses", _names),
    StrictRule(
        "tool-choice", "a choice of a tool that is missing", "API reference, Responses", _chosen
    ),
    StrictRule(
        "strict-tool",
        "a schema that a strict tool cannot have",
        "guide Structured model outputs",
        _strict_tools,
    ),
    StrictRule(
        "strict-output",
        "a schema that a strict output cannot have",
        "guide Structured model outputs",
        _strict_output,
    ),
    StrictRule(
        "background",
        "a response in the background that is not stored",
        "guide Background mode",
        _background,
    ),
)

"""Rules of OpenAI's chat completions."""

from collections.abc import Iterator
from typing import Any

from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._strict.chat_vendors import retired_model
from chatmodels.testing._strict.openai_models import (
    can_reason,
    is_function_name,
    is_openai,
    out_of_range,
    reasons,
    reasons_beside_tools,
    refused_effort,
    strict_problem,
)
from chatmodels.testing._strict.pairing import Turn, objects, repeated, unanswered, unasked
from chatmodels.testing._strict.rule import CheckedRequest, Refusal, StrictRule

_ROLES = frozenset({"assistant", "developer", "function", "system", "tool", "user"})
_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
    "top_logprobs": (0, 20),
    "n": (1, 128),
}
_MOST_STOPS = 4
_SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
_DEFAULTS = {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0}


def _turns(request: CheckedRequest) -> Iterator[Turn]:
    for position, message in enumerate(objects(request.body.get("messages"))):
        calls = tuple(str(call.get("id")) for call in objects(message.get("tool_calls")))
        is_result = message.get("role") == "tool"
        yield Turn(position, calls, (str(message.get("tool_call_id")),) if is_result else ())


def _unanswered(request: CheckedRequest) -> Refusal | None:
    for position, call in unanswered(_turns(request)):
        return Refusal(
            message="An assistant message with 'tool_calls' must be followed by tool messages "
            f"for each 'tool_call_id'. Without one: {call}",
            param=f"messages.[{position + 1}].role",
        )
    return None


def _unasked(request: CheckedRequest) -> Refusal | None:
    for position, _ in unasked(_turns(request)):
        return Refusal(
            message="Invalid parameter: messages with role 'tool' must be a response to a "
            "preceding message with 'tool_calls'.",
            param=f"messages.[{position}].role",
        )
    return None


def _role(request: CheckedRequest) -> Refusal | None:
    for position, message in enumerate(objects(request.body.get("messages"))):
        role = message.get("role")
        if role not in _ROLES:
            return Refusal(
                message=f"Invalid value: '{role}'. Supported values are: {sorted(_ROLES)}.",
                code="invalid_value",
                param=f"messages[{position}].role",
            )
    return None


def _content(request: CheckedRequest) -> Refusal | None:
    for position, message in enumerate(objects(request.body.get("messages"))):
        content = message.get("content")
        is_call = message.get("role") == "assistant" and bool(
            message.keys() & {"tool_calls", "function_call", "refusal", "audio"}
        )
        if (content is None and not is_call) or content == []:
            return Refusal(
                message="Invalid value for 'content': expected a string, got null.",
                code="invalid_value" if content == [] else None,
                param=f"messages.[{position}].content",
            )
    return None


def _ranges(request: CheckedRequest) -> Refusal | None:
    return out_of_range(request.body, _RANGES) if is_openai(request.model) else None


def _sampling(request: CheckedRequest) -> Refusal | None:
    body = request.body
    if not reasons(request, body.get("reasoning_effort")):
        return None
    for name in _SAMPLING:
        if body.get(name, _DEFAULTS[name]) not in (None, _DEFAULTS[name]):
            return Refusal(
                message=f"Unsupported value: '{name}' does not support {body[name]} with this "
                f"model. Only the default ({_DEFAULTS[name]}) value is supported.",
                code="unsupported_value",
                param=name,
            )
    return None


def _effort(request: CheckedRequest) -> Refusal | None:
    return refused_effort(request, request.body.get("reasoning_effort"), chat=True)


def _reasoning_tools(request: CheckedRequest) -> Refusal | None:
    body = request.body
    if not _functions(request) or not reasons_beside_tools(request, body.get("reasoning_effort")):
        return None
    return Refusal(
        message=f"Function tools with reasoning_effort are not supported for {request.model} in "
        "/v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort "
        "to 'none'.",
        param="reasoning_effort",
    )


def _unsupported(request: CheckedRequest) -> Refusal | None:
    body = request.body
    if not can_reason(request):
        return None
    for name in ("max_tokens", "stop", "logit_bias"):
        if body.get(name) is not None:
            hint = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
            return Refusal(
                message=f"Unsupported parameter: '{name}' is not supported with this model.{hint}",
                code="unsupported_parameter",
                param=name,
            )
    return None


def _stop(request: CheckedRequest) -> Refusal | None:
    stop = request.body.get("stop")
    if not is_openai(request.model) or not is_array(stop) or len(stop) <= _MOST_STOPS:
        return None
    message = f"Invalid 'stop': array too long. Expected at most {_MOST_STOPS} elements."
    return Refusal(message=message, code="array_above_max_length", param="stop")


def _needs_tools(request: CheckedRequest) -> Refusal | None:
    body = request.body
    if not is_openai(request.model) or body.get("tools") or body.get("functions"):
        return None
    for name in ("tool_choice", "parallel_tool_calls"):
        if body.get(name) not in (None, "none"):
            return Refusal(
                message=f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are "
                "specified.",
                param=name,
            )
    return None


def _functions(request: CheckedRequest) -> list[dict[str, Any]]:
    tools = objects(request.body.get("tools"))
    return [function for tool in tools if is_object(function := tool.get("function"))]


def _names(request: CheckedRequest) -> Refusal | None:
    if not is_openai(request.model):
        return None
    for position, function in enumerate(_functions(request)):
        if not is_function_name(function.get("name")):
            return Refusal(
                message=f"Invalid 'tools[{position}].function.name': does not match the pattern.",
                code="invalid_value",
                param=f"tools[{position}].function.name",
            )
    return None


def _chosen(request: CheckedRequest) -> Refusal | None:
    choice = request.body.get("tool_choice")
    if not is_object(choice) or not is_object(choice.get("function")):
        return None
    name = choice["function"].get("name")
    if any(function.get("name") == name for function in _functions(request)):
        return None
    return Refusal(
        message=f"Tool choice '{name}' not found in 'tools' parameter.", param="tool_choice"
    )


def _stream_options(request: CheckedRequest) -> Refusal | None:
    body = request.body
    if body.get("stream_options") is None or body.get("stream"):
        return None
    return Refusal(
        message="The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        param="stream_options",
    )


def _strict_tools(request: CheckedRequest) -> Refusal | None:
    if not is_openai(request.model):
        return None
    for position, function in enumerate(_functions(request)):
        problem = strict_problem(function.get("parameters")) if function.get("strict") else ""
        if problem:
            return Refusal(
                message=f"Invalid schema for function '{function.get('name')}': {problem}",
                code="invalid_function_parameters",
                param=f"tools[{position}].function.parameters",
            )
    return None


def _strict_output(request: CheckedRequest) -> Refusal | None:
    match request.body.get("response_format"):
        case {"json_schema": {"strict": True, "schema": schema, "name": name}}:
            problem = strict_problem(schema) if is_openai(request.model) else ""
        case _:
            return None
    if not problem:
        return None
    message = f"Invalid schema for response_format '{name}': {problem}"
    return Refusal(message=message, param="response_format")


def _json_word(request: CheckedRequest) -> Refusal | None:
    response_format = request.body.get("response_format")
    if not is_openai(request.model) or response_format != {"type": "json_object"}:
        return None
    if any("json" in str(message).lower() for message in objects(request.body.get("messages"))):
        return None
    return Refusal(
        message="'messages' must contain the word 'json' in some form, to use 'response_format' of "
        "type 'json_object'.",
        param="messages",
    )


def _duplicates(request: CheckedRequest) -> Refusal | None:
    for position, message in enumerate(objects(request.body.get("messages"))):
        ids = [str(call.get("id")) for call in objects(message.get("tool_calls"))]
        if (call := repeated(ids)) is not None:
            return Refusal(
                message=f"Duplicate value for 'tool_call_id' of '{call}'.",
                param=f"messages.[{position}].tool_calls",
            )
    return None


RULES = (
    StrictRule(
        "role", "a role that the API does not have", "API reference, Chat Completions", _role
    ),
    StrictRule("content", "a message without content", "API reference, Chat Completions", _content),
    StrictRule("duplicate-calls", "two calls with one id", "guide Function calling", _duplicates),
    StrictRule(
        "unanswered-call",
        "a tool call without a result in the messages after it",
        "guide Function calling",
        _unanswered,
    ),
    StrictRule(
        "unasked-result",
        "a tool result without a call before it",
        "guide Function calling",
        _unasked,
    ),
    StrictRule(
        "model",
        "a retired model of OpenAI, DeepSeek or Groq",
        "[Retired models](#retired-models); recorded responses",
        retired_model,
    ),
    StrictRule("ranges", "a number out of its range", "API reference, Chat Completions", _ranges),
    StrictRule(
        "reasoning-effort",
        "an effort that the model does not have, such as `max`; not at Azure's paths",
        "page Models; error messages that users report",
        _effort,
    ),
    StrictRule(
        "reasoning-tools",
        "functions of a model from GPT-5.4 on that reasons, from GPT-5.6 on also by default",
        "guide Using the latest model; error messages that users report",
        _reasoning_tools,
    ),
    StrictRule(
        "sampling",
        "sampling settings of a model that reasons",
        "guide Using the latest model",
        _sampling,
    ),
    StrictRule(
        "unsupported-parameter",
        "`max_tokens`, `stop` or `logit_bias` of a model that reasons",
        "guide Reasoning models; a recorded response for `max_tokens` and `stop`",
        _unsupported,
    ),
    StrictRule("stop", "more than four stop sequences", "API reference, Chat Completions", _stop),
    StrictRule(
        "needs-tools",
        "`tool_choice` or `parallel_tool_calls` without tools",
        "API reference, Chat Completions",
        _needs_tools,
    ),
    StrictRule(
        "tool-name", "an invalid name of a function", "API reference, Chat Completions", _names
    ),
    StrictRule(
        "tool-choice",
        "a choice of a tool that is missing",
        "API reference, Chat Completions",
        _chosen,
    ),
    StrictRule(
        "stream-options",
        "`stream_options` without a stream",
        "API reference, Chat Completions",
        _stream_options,
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
        "json-word",
        "JSON mode without the word JSON in the messages",
        "guide Structured model outputs",
        _json_word,
    ),
)

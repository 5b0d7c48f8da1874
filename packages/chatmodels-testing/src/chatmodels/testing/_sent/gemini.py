"""Requests of Google's generateContent."""

from collections.abc import Iterator, Mapping
from typing import Any

from chatmodels.core import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing._sent.media import decoded
from chatmodels.testing._sent.sent_request import (
    SentRequest,
    WireFeatures,
    encoded,
    merged,
    settings_in,
    turn,
    value_at,
)

FIELDS = {
    "temperature": "generationConfig.temperature",
    "top_p": "generationConfig.topP",
    "top_k": "generationConfig.topK",
    "max_output_tokens": "generationConfig.maxOutputTokens",
    "stop": "generationConfig.stopSequences",
    "seed": "generationConfig.seed",
    "frequency_penalty": "generationConfig.frequencyPenalty",
    "presence_penalty": "generationConfig.presencePenalty",
    "logprobs": "generationConfig.responseLogprobs",
    "top_logprobs": "generationConfig.logprobs",
    "reasoning_budget": "generationConfig.thinkingConfig.thinkingBudget",
    "metadata": "labels",
    "store": "store",
}
FEATURES = WireFeatures(
    settings=frozenset(FIELDS),
    result_errors=True,
    finish_reasons=frozenset({"stop", "length", "tool_calls", "content_filter", "error", "other"}),
    usage=frozenset(
        {
            *("input_tokens", "output_tokens", "total_tokens", "cached_input_tokens"),
            "reasoning_tokens",
        }
    ),
    reasoning=True,
    logprobs=True,
    top_logprobs=True,
)

_MEDIA = {"image": ImagePart, "audio": AudioPart}


def describe(body: Mapping[str, Any]) -> SentRequest:
    """Describe the body of a request, whose fields are in camel case."""
    config: dict[str, Any] = body.get("generationConfig") or {}
    calling: dict[str, Any] = value_at(body, "toolConfig.functionCallingConfig") or {}
    strict = calling.get("mode") == "VALIDATED"
    functions = [
        function
        for tool in body.get("tools") or ()
        for function in tool.get("functionDeclarations") or ()
    ]
    return SentRequest(
        messages=merged(_messages(body)),
        tools=tuple(_tool(function, strict=strict) for function in functions),
        tool_choice=_choice(calling),
        output=_output(config),
        settings=settings_in(body, FIELDS),
    )


def _messages(body: Mapping[str, Any]) -> Iterator[Message]:
    if "systemInstruction" in body:
        yield Message("system", tuple(_parts(body["systemInstruction"])))
    for content in body["contents"]:
        role = "assistant" if content.get("role") == "model" else "user"
        yield from turn(role, _parts(content))


def _parts(content: Mapping[str, Any]) -> Iterator[Part]:
    for part in content["parts"]:
        if part.get("thought"):
            yield ReasoningPart(part["text"])
        elif "text" in part:
            yield TextPart(part["text"])
        elif "functionCall" in part:
            call = part["functionCall"]
            yield ToolCall(call.get("id", ""), call["name"], encoded(call.get("args", {})))
        elif "functionResponse" in part:
            yield _result(part["functionResponse"])
        elif "inlineData" in part:
            blob = part["inlineData"]
            kind = blob["mimeType"]
            medium = _MEDIA.get(kind.partition("/")[0], FilePart)
            yield medium(data=decoded(blob["data"]), media_type=kind)
        elif "fileData" in part:
            yield FilePart(url=part["fileData"]["fileUri"])


def _result(result: Mapping[str, Any]) -> ToolResult:
    response = result["response"]
    is_error = set(response) == {"error"}
    value = response.get("error") if is_error else response.get("output", response)
    text = value if isinstance(value, str) else encoded(value)
    call_id, name = result.get("id", ""), result["name"]
    return ToolResult(call_id, (TextPart(text),), name, is_error)


def _tool(function: Mapping[str, Any], *, strict: bool) -> ToolDefinition:
    schema: dict[str, Any] = (
        function.get("parametersJsonSchema") or function.get("parameters") or {}
    )
    return ToolDefinition(function["name"], function.get("description", ""), schema, strict)


def _choice(calling: Mapping[str, Any]) -> ToolChoice | None:
    names: list[Any] = calling.get("allowedFunctionNames") or []
    match calling.get("mode"):
        case "ANY":
            return ToolChoice("tool", names[0]) if len(names) == 1 else ToolChoice("required")
        case "NONE":
            return ToolChoice("none")
        case "AUTO":
            return ToolChoice("auto")
        case _:
            return None


def _output(config: Mapping[str, Any]) -> OutputSchema | None:
    if config.get("responseMimeType") != "application/json":
        return None
    return OutputSchema("output", config.get("responseJsonSchema") or config.get("responseSchema"))

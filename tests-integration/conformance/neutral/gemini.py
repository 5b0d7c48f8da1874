"""Decoder and normalization of recorded requests to Google.

Fields without a neutral counterpart are sent through `provider_options` and `ProviderPart`.

`neutral` decodes the requests of other clients into neutral ones, the reverse of the encoder.
`normal` normalizes a body for the comparison with the recorded one. It removes these differences:

* names in snake case instead of camel case; enums as numbers; levels in capitals
* contents of one role joined or separate, a role left out or called "function", empty texts of the
  model; unsigned reasoning, which chatmodels leaves out
* schemas of tools as `parameters` or `parametersJsonSchema`, whose types are in capitals or not;
  functions in several tools or in one
* base64 with the alphabet for URLs, or the standard one
* defaults spelled out: `thought: false`, `candidateCount: 1`, null, empty lists
* the name of the model, which is in the URL
* the placeholder for the signature of a call
"""

import base64
import json
from typing import Any

from chatmodels.core import (
    AudioPart,
    ChatModel,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    ProviderPart,
    ReasoningPart,
    Settings,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolResult,
    create_chat_model,
)
from chatmodels.core.extending import OutputSchema, ProviderState, ToolDefinition
from chatmodels.http import Engine
from chatmodels.providers.google._messages import UNSIGNED
from chatmodels.providers.google._profile import find_generation
from chatmodels.providers.google._schemas import schemas_of
from chatmodels.testing import Recording
from conformance.exchanges import body_of, url_of
from conformance.row import Requests
from conformance.schemas import output_schema, tool_schema

Body = dict[str, Any]
PROVIDER = "google"  # of both APIs: what differs is not in bodies
FREE = {"args", "response", "responseSchema", "responseJsonSchema", "labels"}
"""Fields within which names are the caller's."""

SETTINGS = {
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "maxOutputTokens": "max_output_tokens",
    "seed": "seed",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
    "responseLogprobs": "logprobs",
    "logprobs": "top_logprobs",
}
TYPES = ("", "string", "number", "integer", "boolean", "array", "object")


def model_of(exchange: Recording) -> str:
    return url_of(exchange).partition("models/")[2].partition(":")[0]


def neutral(exchange: Recording) -> ChatRequest:
    """Read a body back."""
    rest = normal(body_of(exchange))
    model = model_of(exchange)
    messages = []
    if system := rest.pop("systemInstruction", None):
        messages.append(Message("system", tuple(_part(part) for part in system["parts"])))
    messages += map(_message, rest.pop("contents"))
    config = rest.pop("generationConfig", {})
    tools = _tools(rest)
    output = _output(config, model, has_tools=bool(tools))
    settings = _settings(config, model)
    if config:
        rest["generationConfig"] = config
    return ChatRequest(
        messages=tuple(messages),
        settings=settings,
        tools=tools,
        tool_choice=_choice(rest),
        output=output,
        provider_options=rest,
    )


def _message(content: Body) -> Message:
    role: Any = "assistant" if content["role"] == "model" else "user"
    return Message(role, tuple(_part(part) for part in content["parts"]))


def _part(part: Body) -> Any:
    signed = part.get("thoughtSignature")
    signature = ProviderState(PROVIDER, {"thoughtSignature": signed}) if signed else None
    match part:
        case {"text": text, "thought": True}:
            return ReasoningPart(text, signature)
        case {"text": text, **rest} if rest.keys() <= {"thoughtSignature"}:
            return TextPart(text, signature=signature)
        case {"functionCall": {"name": name, **call}, **rest} if rest.keys() <= {
            "thoughtSignature"
        }:
            arguments = json.dumps(call.get("args", {}))
            return ToolCall(call.get("id") or "", name, arguments, signature)
        case {"functionResponse": {"name": name, "response": response, **result}} if all(
            "inlineData" in inner for inner in result.get("parts", ())
        ):
            media = tuple(_part(inner) for inner in result.get("parts", ()))
            text_part = TextPart(json.dumps(response))
            return ToolResult(result.get("id") or "", (text_part, *media), name)
        case {"inlineData": {"mimeType": kind, "data": data}, **rest} if not rest:
            return _medium(kind, data=base64.b64decode(data))
        case {"fileData": {"fileUri": url, "mimeType": kind}, **rest} if not rest:
            return _medium(kind, url=url)
        case _:
            return ProviderPart(ProviderState(PROVIDER, part))


def _medium(kind: str, **source: Any) -> ImagePart | AudioPart | FilePart:
    family = {"image": ImagePart, "audio": AudioPart}.get(kind.partition("/")[0], FilePart)
    return family(media_type=kind, **source)


def _tools(rest: Body) -> tuple[ToolDefinition, ...]:
    tools = rest.pop("tools", [])
    own: list[ToolDefinition] = []
    for function in tools[0].get("functionDeclarations", ()) if tools else ():
        schema = function.get("parametersJsonSchema", {})
        own.append(ToolDefinition(function["name"], function.get("description", ""), schema))
    left = tools[1:] if own else tools
    if left:
        rest["tools"] = left
    return tuple(own)


def _choice(rest: Body) -> ToolChoice | None:
    match rest.get("toolConfig"):
        case {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": [name]}, **more}:
            choice = ToolChoice("tool", name)
        case {"functionCallingConfig": {"mode": "ANY", **calling}, **more} if not calling:
            choice = ToolChoice("required")
        case {"functionCallingConfig": {"mode": "AUTO" | "NONE" as mode, **calling}, **more} if (
            not calling
        ):
            choice = ToolChoice("auto" if mode == "AUTO" else "none")
        case _:
            return None
    del rest["toolConfig"]
    if more:
        rest["toolConfig"] = more
    return choice


def _output(config: Body, model: str, *, has_tools: bool) -> OutputSchema | None:
    if config.get("responseMimeType") != "application/json" or "responseSchema" in config:
        return None
    if has_tools and not find_generation(model).modern:
        return None
    del config["responseMimeType"]
    return OutputSchema("output", config.pop("responseJsonSchema", None))


def _settings(config: Body, model: str) -> Settings:
    chosen: Body = {}
    known = find_generation(model)
    for wire, name in SETTINGS.items():
        if wire in config:
            chosen[name] = config.pop(wire)
    if "top_k" in chosen:  # which some clients write as a float
        chosen["top_k"] = int(chosen["top_k"])
    if "stopSequences" in config:
        chosen["stop"] = tuple(config.pop("stopSequences"))
    match config.get("thinkingConfig"):
        case {"thinkingBudget": 0, **more} if not more and not known.always:
            chosen["reasoning_effort"] = "none"
        case {"thinkingBudget": budget, "includeThoughts": True} if budget:
            chosen["reasoning_budget"] = budget
        case {"thinkingLevel": level, "includeThoughts": True}:
            chosen["reasoning_effort"] = level
        case _:
            return Settings(**chosen)
    del config["thinkingConfig"]
    return Settings(**chosen)


def normal(body: Body) -> Body:
    """Bring a body into the form in which ours and theirs can be compared."""
    reduced: Body = _camel_case(body)
    reduced.pop("model", None)
    contents: list[Body] = []
    given = reduced.pop("contents")
    for content in given if isinstance(given, list) else [given]:
        role = "model" if content.get("role") == "model" else "user"
        parts = _joined([part for part in map(_normal_part, content["parts"]) if part])
        if role == "model":
            parts = [part for part in parts if part != {"text": ""}]
        if contents and contents[-1]["role"] == role:
            contents[-1]["parts"] += parts
        elif parts:
            contents.append({"role": role, "parts": parts})
    reduced["contents"] = contents
    if "systemInstruction" in reduced:
        reduced["systemInstruction"].pop("role", None)
        parts = reduced["systemInstruction"]["parts"]
        reduced["systemInstruction"]["parts"] = parts if isinstance(parts, list) else [parts]
    config = reduced.pop("generationConfig", {})
    config = {name: value for name, value in config.items() if (name, value) != _ONE}
    thinking = config.get("thinkingConfig", {})
    if "thinkingLevel" in thinking:
        thinking["thinkingLevel"] = thinking["thinkingLevel"].lower()
    if thinking.get("thinkingBudget") == 0:
        thinking.pop("includeThoughts", None)
    if isinstance(schema := config.get("responseJsonSchema"), dict):
        config["responseJsonSchema"] = output_schema(schema, _SCHEMAS, strict=True)
    if config:
        reduced["generationConfig"] = config
    if tools := _normal_tools(reduced.pop("tools", [])):
        reduced["tools"] = tools
    return reduced


_SCHEMAS = schemas_of("gemini-3.8-flash")
_SAFE = str.maketrans("-_", "+/")
_ONE = ("candidateCount", 1)


def _joined(parts: list[Body]) -> list[Body]:
    """Merge separate options of a video with the preceding video."""
    joined: list[Body] = []
    for part in parts:
        if joined and part.keys() == {"videoMetadata"}:
            joined[-1] = joined[-1] | part
        else:
            joined.append(part)
    return joined


def _normal_part(part: Body) -> Body:
    reduced = {name: value for name, value in part.items() if (name, value) != ("thought", False)}
    if "thoughtSignature" in reduced:
        if reduced["thoughtSignature"] == UNSIGNED:
            del reduced["thoughtSignature"]
    elif reduced.get("thought"):
        return {}
    if "inlineData" in reduced:
        reduced["inlineData"]["data"] = reduced["inlineData"]["data"].translate(_SAFE)
    call = reduced.get("functionCall")
    if call is not None:
        reduced["functionCall"] = {"args": {}, **call}
    return reduced


def _normal_tools(tools: Any) -> list[Body]:
    functions: list[Body] = []
    others: list[Body] = []
    for tool in tools if isinstance(tools, list) else [tools]:
        functions += map(_normal_function, tool.pop("functionDeclarations", ()))
        if tool:
            others.append(tool)
    return [{"functionDeclarations": functions}, *others] if functions else others


def _normal_function(function: Body) -> Body:
    if "parameters" in function:
        function["parametersJsonSchema"] = function.pop("parameters")
    if "parametersJsonSchema" in function:
        schema = _normal_schema(function["parametersJsonSchema"])
        function["parametersJsonSchema"] = tool_schema(schema, _SCHEMAS, strict=False)
    return {name: value for name, value in function.items() if value != ""}


def _normal_schema(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_normal_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    reduced = {name: _normal_schema(value) for name, value in schema.items()}
    kind = reduced.get("type")
    if isinstance(kind, int):
        reduced["type"] = TYPES[kind]
    elif isinstance(kind, str):
        reduced["type"] = kind.lower()
    return reduced


def _camel_case(value: Any) -> Any:
    """Rename fields to camel case, and drop empty ones."""
    if isinstance(value, list):
        return [_camel_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    reduced: Body = {}
    for name, inner in value.items():
        first, *more = name.lstrip("_").split("_")
        camel_name = first + "".join(word.title() for word in more)
        if inner is not None and inner != []:
            reduced[camel_name] = (
                inner if camel_name in FREE or "arameters" in camel_name else _camel_case(inner)
            )
    return reduced


def model(exchange: Recording, engine: Engine) -> ChatModel:
    return create_chat_model(
        f"google:{model_of(exchange)}", api_key="sk-recorded", max_retries=0, http_client=engine
    )


REQUESTS = Requests(
    neutral=neutral, model=model, normal=normal, streamed=lambda exchange: exchange.streamed
)

"""Decoder and normalization of recorded requests to OpenAI's chat completions.

`neutral` decodes the requests of other clients into neutral ones, the reverse of the encoder.
`normal` normalizes a body for the comparison with the recorded one. It removes these differences:

* a text as a string, or as a list of one text part; no content as null, as "" or as nothing;
  the texts of one assistant message, joined or separate
* defaults spelled out: `stream: false`, `n: 1`, `strict: false`, `response_format` "text", null
* `stream_options.include_usage`, which chatmodels always requests
* one `stop` text as a string or as a list
* the limit of tokens as `max_tokens` or `max_completion_tokens`
* `parallel_tool_calls` without tools, which OpenAI refuses
* `logprobs: true`, which `top_logprobs` needs and chatmodels adds
* arguments of tool calls as "" or as "{}", and those that are not JSON, which chatmodels writes as
  an object with their text
* the name of the tool in a tool result, and the index of a tool call in the history: neither is
  part of OpenAI's API
"""

import base64
import binascii
from typing import Any

import msgspec

from chatmodels.core import (
    AudioPart,
    ChatModel,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    RefusalPart,
    Settings,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from chatmodels.core.extending import OutputSchema, ProviderState, ToolDefinition
from chatmodels.http import Engine
from chatmodels.http.wire import arguments_json
from chatmodels.openai_compatible import (
    COMMON_SETTINGS,
    OPENAI_SCHEMAS,
    Dialect,
    chat_completions_codec,
)
from chatmodels.testing import Recording
from conformance.exchanges import body_of
from conformance.neutral.provider import model_with
from conformance.row import InexpressibleError, Requests
from conformance.schemas import output_schema, tool_schema

Body = dict[str, Any]

RICH = {
    **COMMON_SETTINGS,
    "max_output_tokens": "max_completion_tokens",
    "reasoning_effort": "reasoning_effort",
    "metadata": "metadata",
    "store": "store",
    "service_tier": "service_tier",
}
MEDIA = frozenset({"image", "image_url", "audio", "file", "file_id", "file_url", "video_url"})
OPENAI = Dialect(name="openai", settings=RICH, inputs=MEDIA)
DIALECTS = {
    "openrouter": Dialect(
        name="openrouter",
        settings={
            **RICH,
            "top_k": "top_k",
            "reasoning_effort": "reasoning.effort",
            "reasoning_budget": "reasoning.max_tokens",
        },
        inputs=MEDIA,
        reasoning_field="reasoning",
        reasoning_details=True,
    ),
    "vercel-gateway": Dialect(
        name="vercel-gateway", settings=RICH, inputs=MEDIA, reasoning_details=True
    ),
} | {
    name: Dialect(name=name, settings=RICH, inputs=MEDIA, reasoning_field="reasoning_content")
    for name in (
        "avian",
        "deepseek",
        "doubleword",
        "llamacpp",
        "moonshotai",
        "venice",
        "xai",
        "zai",
    )
}
"""Providers that accept reasoning in requests; all others use OpenAI's dialect."""


def dialect_for(exchange: Recording) -> Dialect:
    """Return the dialect of an exchange; a request with the role "developer" keeps it."""
    dialect = DIALECTS.get(exchange.provider, OPENAI)
    if exchange.provider == "llamacpp":
        dialect = msgspec.structs.replace(dialect, result_inputs=frozenset({"image"}))
    if any(message["role"] == "developer" for message in body_of(exchange)["messages"]):
        dialect = msgspec.structs.replace(dialect, system_role="developer")
    return dialect


def neutral(exchange: Recording) -> ChatRequest:
    """Read a body back."""
    return neutral_in(dialect_for(exchange), exchange)


def neutral_in(dialect: Dialect, exchange: Recording) -> ChatRequest:
    """Read a body in one dialect back."""
    rest = {name: value for name, value in body_of(exchange).items() if value is not None}
    rest.pop("model")
    rest.pop("stream", None)
    if rest.pop("stream_options", {"include_usage": True}).keys() != {"include_usage"}:
        raise InexpressibleError("stream_options")
    if rest.pop("n", 1) != 1:
        raise InexpressibleError("several choices (n)")
    messages = tuple(_message(message, dialect) for message in rest.pop("messages"))
    tools, output = _tools(rest), _output(rest)
    choice = _choice(rest)
    return ChatRequest(
        messages=messages,
        settings=_settings(rest, dialect),
        tools=tools,
        tool_choice=choice,
        output=output,
        provider_options=rest,
    )


def _message(wire: Body, dialect: Dialect) -> Message:
    left = {name: value for name, value in wire.items() if value not in (None, [])}
    role = left.pop("role")
    content = left.pop("content", None)
    if role in ("system", "developer"):
        if role != dialect.system_role:
            raise InexpressibleError("system and developer messages in one conversation")
        role = "system"
    if role == "tool":
        left.pop("name", None)
        result = ToolResult(left.pop("tool_call_id"), tuple(_parts(content, dialect)))
        message = Message("tool", (result,))
    elif role == "assistant":
        message = Message(role, tuple(_assistant(left, content, dialect)), left.pop("name", None))
    elif role in ("system", "user"):
        message = Message(role, tuple(_parts(content, dialect)), left.pop("name", None))
    else:
        raise InexpressibleError(f"the role {role}")
    if left:
        raise InexpressibleError(f"{', '.join(sorted(left))} in a message")
    return message


def _assistant(left: Body, content: Any, dialect: Dialect) -> list[Part]:
    parts: list[Part] = []
    details = left.pop("reasoning_details", None)
    thought = left.pop(dialect.reasoning_field, "") if dialect.reasoning_field else ""
    if details and thought:
        raise InexpressibleError("reasoning and reasoning_details in one message")
    if details or thought:
        parts.append(
            ReasoningPart(thought, ProviderState(dialect.name, details) if details else None)
        )
    parts += _parts(content, dialect)
    if refusal := left.pop("refusal", None):
        parts.append(RefusalPart(refusal))
    for call in left.pop("tool_calls", ()):
        unknown = call.keys() - {"id", "type", "function", "index"}
        if unknown or "id" not in call:
            raise InexpressibleError(f"{', '.join(unknown) or 'no id'} in a tool call")
        parts.append(ToolCall(call["id"], call["function"]["name"], call["function"]["arguments"]))
    return parts


def _parts(content: Any, dialect: Dialect) -> list[Any]:
    if isinstance(content, str) or content is None:
        return [TextPart(content)] if content else []
    return [_part(_without_nulls(part)) for part in content]


def _part(part: Body) -> Part:
    match part:
        case {"type": "text", "text": text, **rest} if not rest:
            return TextPart(text)
        case {"type": "image_url", "image_url": {"url": url, **more}, **rest} if not rest:
            data, media_type = _data(url)
            return ImagePart(data=data, url=None if data else url, media_type=media_type, **more)
        case {"type": "input_audio", "input_audio": {"data": data, "format": kind}}:
            return AudioPart(data=_decoded(data), media_type=f"audio/{kind}")
        case {"type": "file", "file": {"file_data": url, "filename": name}, **rest} if not rest:
            data, media_type = _data(url)
            return FilePart(data=data, url=None if data else url, media_type=media_type, name=name)
        case {"type": "video_url", "video_url": {"url": url}}:
            return FilePart(url=url, media_type="video/mp4")
        case _:
            unknown = part.keys() - {"type", "text", "image_url", "file"}
            raise InexpressibleError(f"{', '.join(sorted(unknown)) or part['type']} in content")


def _data(url: str) -> tuple[bytes | None, str | None]:
    if not url.startswith("data:"):
        return None, None
    head, _, data = url.removeprefix("data:").partition(",")
    media_type, _, encoding = head.partition(";")
    if encoding != "base64":
        raise InexpressibleError("a data URL that is not base64")
    return _decoded(data), media_type


def _decoded(data: str) -> bytes:
    try:
        decoded = base64.b64decode(data, validate=True)
    except binascii.Error:
        decoded = b""
    if not decoded or base64.b64encode(decoded).decode() != data:
        raise InexpressibleError("media that are not base64")
    return decoded


def _tools(rest: Body) -> tuple[ToolDefinition, ...]:
    tools = rest.pop("tools", ())
    for tool in tools:
        unknown = tool.keys() - {"type", "function"}
        if unknown or tool["type"] != "function":
            raise InexpressibleError("tools that are no functions of the caller, or are cached")
        if "parameters" not in tool["function"]:
            raise InexpressibleError("a tool without parameters")
    return tuple(
        ToolDefinition(
            tool["function"]["name"],
            tool["function"].get("description") or "",
            tool["function"]["parameters"],
            tool["function"].get("strict") or False,
        )
        for tool in tools
    )


def _choice(rest: Body) -> ToolChoice | None:
    choice = rest.pop("tool_choice", None)
    if choice is None:
        return None
    if isinstance(choice, str):
        return ToolChoice(choice)
    return ToolChoice("tool", choice["function"]["name"])


def _output(rest: Body) -> OutputSchema | None:
    match rest.pop("response_format", None):
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return OutputSchema("output", None)
        case {"type": "json_schema", "json_schema": {"name": name, "schema": schema, **more}}:
            return OutputSchema(name, schema, more.get("description"), more.get("strict") or False)
        case other:
            raise InexpressibleError(f"response_format {other}")


def _settings(rest: Body, dialect: Dialect) -> Settings:
    chosen: Body = {}
    if "max_tokens" in rest and "max_completion_tokens" in rest:
        raise InexpressibleError("two limits of tokens")
    names = {
        **{wire: name for name, wire in dialect.settings.items()},
        "max_tokens": "max_output_tokens",
    }
    for wire, name in names.items():
        outer, _, inner = wire.partition(".")
        if inner and isinstance(rest.get(outer), dict) and inner in rest[outer]:
            chosen[name] = rest[outer][inner]
            if rest[outer].keys() - {inner}:
                raise InexpressibleError(f"more in {outer} than one setting")
            del rest[outer]
        elif wire in rest:
            chosen[name] = rest.pop(wire)
    if "stop" in chosen:
        chosen["stop"] = (
            (chosen["stop"],) if isinstance(chosen["stop"], str) else tuple(chosen["stop"])
        )
    return Settings(**chosen)


def normal(body: Body) -> Body:
    """Bring a body into the form in which ours and theirs can be compared."""
    reduced = {name: value for name, value in body.items() if value is not None}
    if not reduced.get("stream"):
        reduced.pop("stream", None)
    reduced.pop("stream_options", None)
    if reduced.get("n") == 1:
        del reduced["n"]
    if "max_completion_tokens" in reduced:
        reduced["max_tokens"] = reduced.pop("max_completion_tokens")
    if isinstance(reduced.get("stop"), str):
        reduced["stop"] = [reduced["stop"]]
    if reduced.get("response_format") == {"type": "text"}:
        del reduced["response_format"]
    if not reduced.get("tools"):
        reduced.pop("parallel_tool_calls", None)
        reduced.pop("tools", None)
    if "top_logprobs" in reduced:
        reduced["logprobs"] = True
    reduced["messages"] = [_normal_message(message) for message in reduced["messages"]]
    return _without_defaults(reduced)


def _normal_message(message: Body) -> Body:
    reduced = {name: value for name, value in message.items() if value not in (None, [], "")}
    content = reduced.get("content")
    if isinstance(content, list):
        reduced["content"] = content = [_without_nulls(part) for part in content]
        texts = [part.get("text") for part in content if part.get("type") == "text"]
        if len(texts) == len(content) and (len(texts) == 1 or message["role"] == "assistant"):
            reduced["content"] = "".join(texts)
    if message["role"] == "tool":
        reduced.pop("name", None)
    if "tool_calls" in reduced:
        reduced["tool_calls"] = [_normal_call(call) for call in reduced["tool_calls"]]
    return reduced


def _without_nulls(part: Body) -> Body:
    return {name: value for name, value in part.items() if value is not None}


def _normal_call(call: Body) -> Body:
    arguments = ToolCall("", "", call["function"]["arguments"])
    function = {**call["function"], "arguments": arguments_json(arguments)}
    return {**{k: v for k, v in call.items() if k != "index"}, "function": function}


def _without_defaults(reduced: Body) -> Body:
    for tool in reduced.get("tools", ()):
        function = tool["function"]
        tool["function"] = {
            name: value
            for name, value in function.items()
            if (name, value) not in (("strict", False), ("strict", None), ("description", ""))
        }
        function = tool["function"]
        if isinstance(parameters := function.get("parameters"), dict):
            strict = function.get("strict")
            function["parameters"] = tool_schema(parameters, OPENAI_SCHEMAS, strict=strict)
    described = reduced.get("response_format", {}).get("json_schema")
    if described is not None:
        reduced["response_format"] = {
            "type": "json_schema",
            "json_schema": {
                name: value
                for name, value in described.items()
                if value is not None
                and (name, value) not in (("strict", False), ("description", ""))
            },
        }
        described = reduced["response_format"]["json_schema"]
        if isinstance(schema := described.get("schema"), dict):
            strict = described.get("strict")
            described["schema"] = output_schema(schema, OPENAI_SCHEMAS, strict=strict)
    return reduced


def model(exchange: Recording, engine: Engine) -> ChatModel:
    codec = chat_completions_codec(dialect_for(exchange))
    return model_with(codec, body_of(exchange)["model"], engine)


REQUESTS = Requests(neutral=neutral, model=model, normal=normal)

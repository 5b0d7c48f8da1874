"""Decoder and normalization of recorded requests to Mistral.

`neutral` decodes the requests of other clients into neutral ones, the reverse of the encoder.
`normal` normalizes a body for the comparison with the recorded one. It removes these differences:

* a text as a string, or as a list of one text part; no content as null, as "" or as nothing
* defaults spelled out: `stream: false`, `n: 1`, `prefix: false`, `strict: false`, null
* the URL of an image as a text, or in an object
* the name of the tool in a tool result, and the index of a tool call
* ids of tool calls that Mistral would refuse, which are converted as chatmodels converts them
  * the name of a document, which chatmodels always sends
* the reasoning in one message as one text or as several
"""

import base64
from typing import Any

from chatmodels.core import (
    AudioPart,
    ChatModel,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    Settings,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolResult,
    create_chat_model,
)
from chatmodels.core.extending import OutputSchema, ProviderState, ToolDefinition, translate_schema
from chatmodels.http import Engine
from chatmodels.providers.mistral import DIALECT
from chatmodels.testing import Recording
from conformance.exchanges import body_of
from conformance.row import InexpressibleError, Requests

Body = dict[str, Any]


def neutral(exchange: Recording) -> ChatRequest:
    """Read a body back."""
    rest = {name: value for name, value in body_of(exchange).items() if value is not None}
    del rest["model"]
    rest.pop("stream", None)
    if rest.pop("n", 1) != 1:
        raise InexpressibleError("several choices (n)")
    chosen = {
        name: rest.pop(wire)
        for name, wire in DIALECT.settings.items()
        if rest.get(wire) is not None
    }
    return ChatRequest(
        messages=tuple(_message(message) for message in rest.pop("messages")),
        settings=Settings(**chosen),
        tools=tuple(_tool(tool["function"]) for tool in rest.pop("tools", ())),
        tool_choice=_choice(rest.pop("tool_choice", None)),
        output=_output(rest.pop("response_format", None)),
        provider_options=rest,
    )


def _message(wire: Body) -> Message:
    parts = _parts(wire["content"])
    if wire["role"] == "tool":
        return Message("tool", (ToolResult(wire["tool_call_id"], tuple(parts)),))
    for call in wire.get("tool_calls") or ():
        function = call["function"]
        parts.append(ToolCall(call["id"], function["name"], function["arguments"]))
    return Message(wire["role"], tuple(parts))


def _parts(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [TextPart(content)] if content else []
    return [_part(part) for part in content]


def _part(part: Body) -> Part:
    match part:
        case {"type": "text", "text": text}:
            return TextPart(text)
        case {"type": "thinking", "thinking": thoughts}:
            text = "".join(thought["text"] for thought in thoughts)
            return ReasoningPart(text, ProviderState("mistral", {"type": "thinking"}))
        case {"type": "image_url", "image_url": {"url": url}} | {"image_url": url}:
            data, media_type = _data(url)
            detail = (
                part["image_url"].get("detail") if isinstance(part["image_url"], dict) else None
            )
            where = None if data else url
            return ImagePart(data=data, url=where, media_type=media_type, detail=detail)
        case {"type": "document_url", "document_url": url}:
            data, media_type = _data(url)
            name = part.get("document_name")
            return FilePart(data=data, url=None if data else url, media_type=media_type, name=name)
        case {"type": "input_audio", "input_audio": data}:
            return AudioPart(data=base64.b64decode(data), media_type="audio/mpeg")
        case _:
            raise AssertionError(part)


def _data(url: str) -> tuple[bytes | None, str | None]:
    if not url.startswith("data:"):
        return None, None
    head, _, data = url.removeprefix("data:").partition(",")
    return base64.b64decode(data), head.partition(";")[0]


def _tool(function: Body) -> ToolDefinition:
    return ToolDefinition(
        function["name"],
        function.get("description") or "",
        function["parameters"],
        function.get("strict") or False,
    )


def _choice(choice: Any) -> ToolChoice | None:
    if choice is None:
        return None
    if isinstance(choice, str):
        return ToolChoice("required" if choice == "any" else choice)
    return ToolChoice("tool", choice["function"]["name"])


def _output(form: Any) -> OutputSchema | None:
    match form:
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return OutputSchema("output", None)
        case {"json_schema": {"name": name, "schema": schema, **more}}:
            return OutputSchema(name, schema, more.get("description"), more.get("strict") or False)
        case _:
            raise AssertionError(form)


def normal(body: Body) -> Body:
    """Bring a body into the form in which ours and theirs can be compared."""
    reduced = _without_nulls(body)
    if not reduced.get("stream"):
        reduced.pop("stream", None)
    reduced.pop("n", None)
    reduced["messages"] = [_normal_message(message) for message in reduced["messages"]]
    reduced["tools"] = [
        {"type": "function", "function": _without_nulls(tool["function"])}
        for tool in reduced.get("tools", ())
    ]
    if form := reduced.get("response_format"):
        form = reduced["response_format"] = _without_nulls(form)
        if "json_schema" in form:
            described = form["json_schema"] = _without_nulls(form["json_schema"])
            # chatmodels leaves out keywords such as `$schema` and titles.
            rules = DIALECT.schemas.output
            if rules is not None and described.get("strict"):
                described["schema"] = translate_schema(described["schema"], rules).schema
    return reduced


def _call_id(given: str) -> str:
    form = DIALECT.call_ids
    return given if form.accepts(given) else form.made(given, 0)


def _normal_message(message: Body) -> Body:
    reduced = _without_nulls(message)
    if reduced["role"] == "tool":
        reduced.pop("name", None)
        reduced["tool_call_id"] = _call_id(reduced["tool_call_id"])
    content = reduced.get("content")
    if isinstance(content, list):
        reduced["content"] = content = [_normal_part(part) for part in content]
        if len(content) == 1 and content[0]["type"] == "text":
            reduced["content"] = content[0]["text"]
    if "tool_calls" in reduced:
        reduced["tool_calls"] = [
            {"id": _call_id(call["id"]), "function": call["function"]}
            for call in reduced["tool_calls"]
        ]
    return reduced


def _normal_part(part: Body) -> Body:
    match part:
        case {"image_url": str(url)}:
            return {"type": "image_url", "image_url": {"url": url}}
        case {"thinking": [*thoughts]}:
            text = "".join(thought["text"] for thought in thoughts)
            return {"type": "thinking", "thinking": text}
        case {"document_url": url}:
            return {"type": "document_url", "document_url": url}
        case _:
            return part


def _without_nulls(value: Body) -> Body:
    return {name: inner for name, inner in value.items() if inner not in (None, "", [], False)}


def model(exchange: Recording, engine: Engine) -> ChatModel:
    return create_chat_model(
        f"mistral:{body_of(exchange)['model']}",
        api_key="sk-recorded",
        max_retries=0,
        http_client=engine,
    )


REQUESTS = Requests(neutral=neutral, model=model, normal=normal)

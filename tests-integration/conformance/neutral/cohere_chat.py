"""Decoder and normalization of recorded requests to Cohere.

Fields without a neutral counterpart, such as separate documents, are sent through
`provider_options`. `neutral` decodes the requests of other clients, the reverse of the encoder.
`normal` removes these differences:

* a text as a string, or as a list of one text block; texts that are empty
* defaults spelled out: `stream: false`, empty lists, null
"""

import base64
import json
from typing import Any

from chatmodels.core import (
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
from chatmodels.providers.cohere._profile import SETTINGS
from chatmodels.providers.cohere._schemas import schemas_of
from chatmodels.testing import Recording
from conformance.exchanges import body_of
from conformance.row import Requests

Body = dict[str, Any]


def neutral(exchange: Recording) -> ChatRequest:
    """Read a body back."""
    rest = {name: value for name, value in body_of(exchange).items() if value not in (None, [])}
    rest.pop("model")
    rest.pop("stream", None)
    messages = tuple(_message(message) for message in rest.pop("messages"))
    tools = tuple(_tool(tool["function"]) for tool in rest.pop("tools", ()))
    choice = rest.pop("tool_choice", None)
    form = rest.pop("response_format", None)
    return ChatRequest(
        messages=messages,
        settings=_settings(rest),
        tools=tools,
        tool_choice=None if choice is None else ToolChoice(choice.lower()),
        output=None if form is None else OutputSchema("output", form.get("schema")),
        provider_options=rest,
    )


def _message(message: Body) -> Message:
    role, content = message["role"], message.get("content") or []
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    parts = [_part(block) for block in blocks]
    if role == "tool":
        return Message("tool", (ToolResult(message["tool_call_id"], tuple(parts)),))
    if plan := message.get("tool_plan"):
        parts.insert(0, ReasoningPart(plan, ProviderState("cohere", {"type": "tool_plan"})))
    for call in message.get("tool_calls", ()):
        function = call["function"]
        parts.append(ToolCall(call["id"], function["name"], function["arguments"]))
    return Message(role, tuple(parts))


def _part(block: Body) -> Any:
    part: Part
    match block:
        case {"type": "text", "text": text}:
            part = TextPart(text)
        case {"type": "thinking", "thinking": text}:
            part = ReasoningPart(text, ProviderState("cohere", {"type": "thinking"}))
        case {"type": "document", "document": document}:
            part = FilePart(
                data=json.dumps(document["data"]).encode(),
                media_type="application/json",
                name=document.get("id"),
            )
        case {"image_url": {"url": str(url), **more}} if url.startswith("data:"):
            head, _, data = url.removeprefix("data:").partition(";base64,")
            part = ImagePart(data=base64.b64decode(data, validate=True), media_type=head, **more)
        case _:
            part = ImagePart(**block["image_url"])
    return part


def _tool(function: Body) -> ToolDefinition:
    return ToolDefinition(function["name"], function["description"], function["parameters"])


def _settings(rest: Body) -> Settings:
    found: Body = {}
    for name, wire in SETTINGS.items():
        if wire in rest:
            value = rest.pop(wire)
            found[name] = tuple(value) if name == "stop" else value
    return Settings(**found)


def normal(body: Body) -> Body:
    """Bring a body into the form in which ours and theirs can be compared."""
    reduced = {name: value for name, value in body.items() if value not in (None, [], False)}
    reduced["messages"] = [_normal_message(message) for message in reduced["messages"]]
    form, rules = reduced.get("response_format", {}), schemas_of(reduced["model"]).output
    if form.get("schema") is not None and rules is not None:  # ours closes the objects of a schema
        reduced["response_format"] = {
            **form,
            "schema": translate_schema(form["schema"], rules).schema,
        }
    return reduced


def _normal_message(message: Body) -> Body:
    reduced = {name: value for name, value in message.items() if value not in (None, [], "")}
    content = reduced.get("content")
    if isinstance(content, list):
        content = [block for block in content if block.get("text") != ""]
        if len(content) == 1 and content[0]["type"] == "text":
            content = content[0]["text"]
        reduced["content"] = content
    return {name: value for name, value in reduced.items() if value != []}


def model(exchange: Recording, engine: Engine) -> ChatModel:
    return create_chat_model(
        f"cohere:{body_of(exchange)['model']}",
        api_key="sk-recorded",
        max_retries=0,
        http_client=engine,
    )


REQUESTS = Requests(neutral=neutral, model=model, normal=normal)

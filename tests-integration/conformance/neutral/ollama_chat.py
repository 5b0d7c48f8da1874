"""Decoder and normalization of recorded requests to Ollama.

Fields without a neutral counterpart, such as server options, are sent through `provider_options`.
`neutral` decodes the requests of other clients, the reverse of the encoder. `normal` removes these
differences:

* defaults spelled out: `stream: true`, `format: ""`, empty lists and objects, null
* ids of tool calls and results, which chatmodels always sends: the recorded clients leave out the
  ids of newer servers
* `think` as true or "high": chatmodels requests levels
"""

import json
from typing import Any

from chatmodels.core import (
    ChatModel,
    ChatRequest,
    Message,
    ReasoningPart,
    Settings,
    TextPart,
    ToolCall,
    ToolResult,
    create_chat_model,
)
from chatmodels.core.extending import OutputSchema, ProviderState, ToolDefinition
from chatmodels.http import Engine
from chatmodels.providers.ollama._encode import SETTINGS
from chatmodels.testing import Recording
from conformance.exchanges import body_of
from conformance.row import Requests

Body = dict[str, Any]


def neutral(exchange: Recording) -> ChatRequest:
    """Read a body back."""
    rest = {name: value for name, value in body_of(exchange).items() if value not in (None, [], "")}
    rest.pop("model")
    rest.pop("stream", None)
    messages = tuple(_message(message) for message in rest.pop("messages"))
    tools = tuple(_tool(tool["function"]) for tool in rest.pop("tools", ()))
    form = rest.pop("format", None)
    return ChatRequest(
        messages=messages,
        settings=_settings(rest),
        tools=tools,
        output=None if form is None else OutputSchema("output", form),
        provider_options={name: value for name, value in rest.items() if value},
    )


def _message(message: Body) -> Message:
    texts = [TextPart(message["content"])] if message["content"] else []
    if message["role"] == "tool":
        result = ToolResult("any", tuple(texts), message.get("tool_name"))
        return Message("tool", (result,))
    parts: list[Any] = [*texts]
    if thought := message.get("thinking"):
        parts.insert(0, ReasoningPart(thought, ProviderState("ollama", {"type": "thinking"})))
    for call in message.get("tool_calls", ()):
        function = call["function"]
        parts.append(ToolCall("", function["name"], json.dumps(function["arguments"])))
    return Message(message["role"], tuple(parts))


def _tool(function: Body) -> ToolDefinition:
    return ToolDefinition(function["name"], function["description"], function["parameters"])


def _settings(rest: Body) -> Settings:
    found: Body = {}
    options = rest.get("options", {})
    for name, wire in SETTINGS.items():
        inner = wire.removeprefix("options.")
        if inner != wire and inner in options:
            found[name] = options.pop(inner)
    if "think" in rest:
        found["reasoning_effort"] = "high" if rest.pop("think") else "none"
    return Settings(**found)


def normal(body: Body) -> Body:
    """Bring a body into the form in which ours and theirs can be compared."""
    reduced = {name: value for name, value in body.items() if value not in (None, [], "", {})}
    if reduced.get("stream") is True:
        del reduced["stream"]
    if reduced.get("think") == "high":
        reduced["think"] = True
    reduced["messages"] = [_normal_message(message) for message in reduced["messages"]]
    return reduced


def _normal_message(message: Body) -> Body:
    reduced = {name: value for name, value in message.items() if value not in (None, [])}
    reduced.pop("tool_call_id", None)
    for call in reduced.get("tool_calls", ()):
        call.pop("id", None)
        call.pop("type", None)
    return reduced


def model(exchange: Recording, engine: Engine) -> ChatModel:
    return create_chat_model(
        f"ollama:{body_of(exchange)['model']}", max_retries=0, http_client=engine
    )


REQUESTS = Requests(
    neutral=neutral,
    model=model,
    normal=normal,
    streamed=lambda exchange: body_of(exchange).get("stream", True),
)

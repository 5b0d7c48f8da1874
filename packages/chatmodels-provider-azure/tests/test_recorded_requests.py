"""Every recorded request is written as it was recorded, to the address that it was sent to.

`neutral` reads the requests of other clients back into neutral ones: the encoder, backwards.
`normal` brings a body into the form in which ours and theirs can be compared. What it removes are
the differences that are not differences:

* `stream: false`, and no content as "" or as nothing
* `stream_options.include_usage`, which ours always asks for where it is known
"""

import base64
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import (
    ChatRequest,
    ImagePart,
    Message,
    OutputSchema,
    Part,
    Settings,
    TextPart,
    ToolCall,
    ToolDefinition,
    ToolResult,
)
from chatmodels.http import HttpRequest
from chatmodels.providers.azure._address import address
from chatmodels.providers.azure._codec import azure_codec
from replay import Check, Exchange, Requests

Body = dict[str, Any]


def neutral(exchange: Exchange) -> ChatRequest:
    """Read a body back."""
    body = exchange.body
    return ChatRequest(
        messages=tuple(map(_message, body["messages"])),
        settings=Settings(
            temperature=body.get("temperature"), reasoning_effort=body.get("reasoning_effort")
        ),
        tools=tuple(_tool(tool["function"]) for tool in body.get("tools", ())),
        output=OutputSchema("output", None) if "response_format" in body else None,
    )


def _message(wire: Body) -> Message:
    parts = _parts(wire["content"])
    if wire["role"] == "tool":
        return Message("tool", (ToolResult(wire["tool_call_id"], tuple(parts)),))
    for call in wire.get("tool_calls", ()):
        function = call["function"]
        parts.append(ToolCall(call["id"], function["name"], function["arguments"]))
    return Message(wire["role"], tuple(parts))


def _parts(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [TextPart(content)] if content else []
    return [_part(part) for part in content]


def _part(part: Body) -> Part:
    if part["type"] == "text":
        return TextPart(part["text"])
    head, _, data = part["image_url"]["url"].removeprefix("data:").partition(",")
    return ImagePart(data=base64.b64decode(data), media_type=head.partition(";")[0])


def _tool(function: Body) -> ToolDefinition:
    return ToolDefinition(function["name"], function["description"], function["parameters"])


def encode(exchange: Exchange, request: ChatRequest) -> HttpRequest:
    url, _, version = exchange.request["url"].partition("?api-version=")
    base = url.partition("/openai/deployments/")[0].removesuffix("/chat/completions")
    codec = azure_codec(address(base, version))
    streamed = bool(exchange.body.get("stream"))
    written = codec.encode(exchange.body["model"], request, stream=streamed)
    assert base + written.path == exchange.request["url"]
    return written


def normal(body: Body) -> Body:
    """Bring a body into the form in which ours and theirs can be compared."""
    kept = {name: value for name, value in body.items() if name != "stream_options"}
    kept["stream"] = bool(kept.get("stream"))
    kept["messages"] = [
        {name: value for name, value in message.items() if value not in (None, "")}
        for message in kept["messages"]
    ]
    return kept


REQUESTS = Requests(
    api="openai.chat",
    here=Path(__file__).parent / "recorded",
    providers=("azure",),
    neutral=neutral,
    encode=encode,
    normal=normal,
    written=33,
)


@pytest.mark.parametrize("check", REQUESTS.checks())
def test_recorded_requests_are_written_as_they_were_recorded(check: Check) -> None:
    check.run()

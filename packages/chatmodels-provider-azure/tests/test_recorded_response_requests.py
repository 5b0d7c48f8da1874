"""Every recorded request of the Responses API is written as it was recorded, to the same address.

That this wire format writes what was recorded of all vendors is tested with it; here are the
endpoint, and what Azure's requests hold. Differences that are none: `developer` for the role of
instructions, `strict: false`, and a text as a string or as a list of one part.
"""

from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import (
    ChatRequest,
    Message,
    Settings,
    TextPart,
    ToolCall,
    ToolChoice,
    ToolDefinition,
    ToolResult,
)
from chatmodels.http import HttpRequest
from chatmodels.providers.azure._address import address
from chatmodels.providers.azure._codec import azure_responses_codec
from replay import Check, Exchange, Requests

Body = dict[str, Any]


def neutral(exchange: Exchange) -> ChatRequest:
    """Read a body back."""
    body = exchange.body
    reasoning = dict(body.get("reasoning", {}))
    settings = Settings(
        max_output_tokens=body.get("max_output_tokens"),
        store=body["store"],
        reasoning_effort=reasoning.pop("effort", None),
    )
    only_here = {"reasoning": reasoning} if reasoning else {}
    return ChatRequest(
        messages=tuple(map(_message, body["input"])),
        settings=settings,
        tools=tuple(map(_tool, body.get("tools", ()))),
        tool_choice=ToolChoice(body["tool_choice"]) if "tool_choice" in body else None,
        provider_options=only_here | {name: body[name] for name in ("include",) if name in body},
    )


def _message(item: Body) -> Message:
    match item:
        case {"type": "function_call", "call_id": call, "name": name, "arguments": arguments}:
            return Message("assistant", (ToolCall(call, name, arguments),))
        case {"type": "function_call_output", "call_id": call, "output": output}:
            return Message("tool", (ToolResult(call, (TextPart(output),)),))
        case {"role": "developer", "content": text}:
            return Message("system", (TextPart(text),))
        case _:
            (part,) = item["content"]
            return Message(item["role"], (TextPart(part["text"]),))


def _tool(tool: Body) -> ToolDefinition:
    return ToolDefinition(tool["name"], tool["description"], tool["parameters"])


def encode(exchange: Exchange, request: ChatRequest) -> HttpRequest:
    base = exchange.request["url"].partition("/openai/v1/")[0]
    codec = azure_responses_codec(address(base, ""))
    streamed = exchange.body.get("stream", False)
    written = codec.encode(exchange.body["model"], request, stream=streamed)
    assert base + written.path == exchange.request["url"]
    return written


def normal(body: Body) -> Body:
    """Bring a body into the form in which ours and theirs can be compared."""
    body["input"] = [_normal_item(item) for item in body["input"]]
    for tool in body.get("tools", ()):
        tool.setdefault("strict", False)
    return body


def _normal_item(item: Body) -> Body:
    match item:
        case {"role": role, "content": str(text), **more}:
            content = [{"type": "input_text", "text": text}]
            return more | {"role": role.replace("developer", "system"), "content": content}
        case _:
            return item


REQUESTS = Requests(
    api="openai.responses",
    here=Path(__file__).parent / "recorded",
    providers=("azure",),
    neutral=neutral,
    encode=encode,
    normal=normal,
    written=16,
    left_out={"not recorded": 6},
)


@pytest.mark.parametrize("check", REQUESTS.checks())
def test_recorded_requests_of_the_responses_api_are_written_as_they_were_recorded(
    check: Check,
) -> None:
    check.run()

"""Parser of requests to Ollama's chat API ("Generate a chat message")."""

from typing import Any

import msgspec

from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.protocol import ParsedRequest
from chatmodels.testing._protocols.request_body import read_body


class _Function(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class _Tool(msgspec.Struct):
    function: _Function


class _Call(msgspec.Struct):
    arguments: dict[str, Any]
    name: str


class _ToolCall(msgspec.Struct):
    function: _Call


class _Message(msgspec.Struct):
    role: str
    content: str = ""
    images: list[str] | None = None
    tool_calls: list[_ToolCall] | None = None


class _Request(msgspec.Struct):
    model: str
    messages: list[_Message] = []
    prompt: str | None = None
    system: str = ""
    stream: bool = True
    tools: list[_Tool] | None = None
    format: str | dict[str, Any] | None = None


def read_request(request: ReceivedRequest, /) -> ParsedRequest:
    """Parse a chat request.

    Raises:
        MalformedRequestError: The request is invalid.
    """
    body = read_body(request.body, _Request)
    if request.path.endswith("/generate"):
        return ParsedRequest(
            model=body.model,
            text=body.prompt or "",
            words=len(f"{body.system} {body.prompt or ''}".split()),
            streamed=body.stream,
            prompt_only=True,
            output=_output(body.format),
        )
    user_texts = [""]
    results: list[str] = []
    for message in body.messages:
        results = [*results, message.content] if message.role == "tool" else []
        user_texts += [message.content] if message.role == "user" else []
    return ParsedRequest(
        model=body.model,
        text=user_texts[-1],
        words=sum(len(message.content.split()) for message in body.messages),
        results=tuple(results),
        streamed=body.stream,
        tools=tuple(_tool(tool.function) for tool in body.tools or ()),
        output=_output(body.format),
    )


def _tool(function: _Function) -> ToolDefinition:
    parameters = function.parameters or {"type": "object"}
    return ToolDefinition(function.name, function.description or "", parameters)


def _output(format_: str | dict[str, Any] | None) -> OutputSchema | None:
    if not format_:
        return None
    return OutputSchema("output", format_ if isinstance(format_, dict) else None)

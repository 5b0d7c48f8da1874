"""Parser of requests to Cohere's Chat API (API reference, "Chat")."""

from typing import Any

import msgspec

from chatmodels.core import ToolChoice
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._json import is_object
from chatmodels.testing._protocols.protocol import MalformedRequestError, ParsedRequest
from chatmodels.testing._protocols.request_body import read_body


class _Function(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class _Tool(msgspec.Struct):
    type: str
    function: _Function


class _Format(msgspec.Struct):
    type: str
    schema: dict[str, Any] | None = None
    json_schema: dict[str, Any] | None = None  # the name in Cohere's client


class _Message(msgspec.Struct):
    role: str
    content: str | list[dict[str, Any]] | None = None


class _Request(msgspec.Struct):
    model: str
    messages: list[_Message]
    stream: bool | None = None
    tools: list[_Tool] | None = None
    strict_tools: bool = False
    tool_choice: str | None = None
    response_format: _Format | None = None
    documents: list[str | dict[str, Any]] | None = None


_CHOICES = {None: None, "REQUIRED": ToolChoice("required"), "NONE": ToolChoice("none")}


def read_request(request: ReceivedRequest, /) -> ParsedRequest:
    """Parse a chat request.

    Raises:
        MalformedRequestError: The request is invalid.
    """
    body = read_body(request.body, _Request)
    if not body.messages:
        raise MalformedRequestError("invalid request: messages must not be empty")
    if body.tool_choice not in _CHOICES:
        raise MalformedRequestError(f"invalid request: tool_choice {body.tool_choice!r}")
    response_format = body.response_format
    if response_format is not None and (body.tools or body.documents):
        other = "tools" if body.tools else "documents"
        raise MalformedRequestError(f"invalid request: response_format is unsupported with {other}")
    texts = [_text(message.content) for message in body.messages]
    user_texts = [""]
    results: list[str] = []
    for message, text in zip(body.messages, texts, strict=True):
        results = [*results, text] if message.role == "tool" else []
        user_texts += [text] if message.role == "user" else []
    return ParsedRequest(
        model=body.model,
        text=user_texts[-1],
        words=sum(len(text.split()) for text in texts),
        results=tuple(results),
        streamed=bool(body.stream),
        tools=tuple(_tool(tool.function, strict=body.strict_tools) for tool in body.tools or ()),
        tool_choice=_CHOICES[body.tool_choice],
        output=None
        if response_format is None or response_format.type == "text"
        else _output(response_format),
    )


def _output(response_format: _Format) -> OutputSchema:
    return OutputSchema("output", response_format.schema or response_format.json_schema)


def _text(content: str | list[dict[str, Any]] | None) -> str:
    if not isinstance(content, list):
        return content or ""
    return "".join(_block_text(block) for block in content)


def _block_text(block: dict[str, Any]) -> str:
    document = block.get("document")
    if is_object(document):
        return msgspec.json.encode(document.get("data")).decode()
    return str(block.get("text", ""))


def _tool(function: _Function, *, strict: bool) -> ToolDefinition:
    parameters = function.parameters or {"type": "object"}
    return ToolDefinition(function.name, function.description or "", parameters, strict)

"""Parser of requests to OpenAI's chat completions."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from chatmodels.core import ToolChoice
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing._json import is_object
from chatmodels.testing._protocols.protocol import MalformedRequestError, ParsedRequest
from chatmodels.testing._protocols.request_body import read_body


def parse_request(data: bytes, /) -> ParsedRequest:
    """Parse the body of a request for a chat completion.

    Raises:
        MalformedRequestError: The request is invalid.
    """
    body = read_body(data, _Request)
    if not body.messages:
        raise MalformedRequestError("[] is too short - 'messages'")
    texts = [_text(message) for message in body.messages]
    results: list[str] = []
    for message, text in zip(reversed(body.messages), reversed(texts), strict=True):
        if message.role != "tool":
            break
        results.insert(0, text)
    user_texts = ["", *(_text(message) for message in body.messages if message.role == "user")]
    options = body.stream_options
    return ParsedRequest(
        model=body.model,
        text=user_texts[-1],
        words=sum(len(text.split()) for text in texts),
        results=tuple(results),
        streamed=bool(body.stream),
        stream_usage=options is not None and options.include_usage,
        choices=body.n or 1,
        tools=_allowed(_tools(body.tools or ()), body.tool_choice),
        custom=frozenset(tool.custom.name for tool in body.tools or () if tool.custom is not None),
        tool_choice=_choice(body.tool_choice),
        output=_output(body.response_format),
    )


class _Function(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class _Custom(msgspec.Struct):
    name: str
    description: str | None = None


class _Tool(msgspec.Struct):
    type: str
    function: _Function | None = None
    custom: _Custom | None = None


class _Schema(msgspec.Struct):
    name: str
    schema: dict[str, Any] | None = None
    strict: bool | None = None


class _Format(msgspec.Struct):
    type: str
    json_schema: _Schema | None = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[dict[str, Any]] | None = None


class _StreamOptions(msgspec.Struct):
    include_usage: bool = False


class _Request(msgspec.Struct):
    model: str
    messages: list[_Message]
    n: int | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | dict[str, Any] | None = None
    response_format: _Format | None = None


def _text(message: _Message) -> str:
    content = message.content
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return content or ""


def custom_tool(name: str, description: str, /) -> ToolDefinition:
    """Return the definition of a tool whose calls have free text instead of JSON."""
    parameters: dict[str, Any] = {"type": "object", "properties": {"input": {"type": "string"}}}
    return ToolDefinition(name, description, parameters)


def _tools(tools: Iterable[_Tool]) -> Iterator[ToolDefinition]:
    for tool in tools:
        if tool.custom is not None:
            yield custom_tool(tool.custom.name, tool.custom.description or "")
        elif tool.function is not None:  # otherwise the vendor runs it
            yield _tool(tool.function)


def _tool(function: _Function) -> ToolDefinition:
    return ToolDefinition(
        function.name,
        function.description or "",
        function.parameters or {"type": "object", "properties": {}},
        bool(function.strict),
    )


def _allowed(
    tools: Iterable[ToolDefinition], choice: str | dict[str, Any] | None
) -> tuple[ToolDefinition, ...]:
    """Return the tools that a choice of the type `allowed_tools` contains, otherwise all."""
    if not is_object(choice) or "allowed_tools" not in choice:
        return tuple(tools)
    allowed: list[dict[str, Any]] = choice["allowed_tools"]["tools"]
    names = {tool[tool["type"]]["name"] for tool in allowed}
    return tuple(tool for tool in tools if tool.name in names)


def _choice(choice: str | dict[str, Any] | None) -> ToolChoice | None:
    match choice:
        case "auto" | "none" | "required":
            return ToolChoice(choice)
        case {"function": {"name": str(name)}} | {"custom": {"name": str(name)}}:
            return ToolChoice("tool", name)
        case {"allowed_tools": {"mode": "auto" | "required" as mode}}:
            return ToolChoice(mode)
        case None:
            return None
        case _:
            raise MalformedRequestError(f"Invalid value for 'tool_choice': {choice!r}")


def _output(response_format: _Format | None) -> OutputSchema | None:
    if response_format is None or response_format.type == "text":
        return None
    if response_format.json_schema is None:
        return OutputSchema("output", None)
    return OutputSchema(response_format.json_schema.name, response_format.json_schema.schema)

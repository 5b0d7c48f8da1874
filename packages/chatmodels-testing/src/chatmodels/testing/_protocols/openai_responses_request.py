"""Parser of requests to OpenAI's Responses API ("Create a model response")."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from chatmodels.core import ToolChoice
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing._json import is_object
from chatmodels.testing._protocols.openai_request import custom_tool
from chatmodels.testing._protocols.protocol import MalformedRequestError, ParsedRequest
from chatmodels.testing._protocols.request_body import read_body

Item = dict[str, Any]

_OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output"})


class _Tool(msgspec.Struct):
    type: str
    name: str = ""
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class _Format(msgspec.Struct):
    type: str
    name: str = "output"
    schema: dict[str, Any] | None = None


class _TextOptions(msgspec.Struct):
    format: _Format | None = None


class _Request(msgspec.Struct):
    model: str
    input: str | list[Item]
    instructions: str | None = None
    stream: bool | None = None
    store: bool | None = None
    background: bool | None = None
    previous_response_id: str | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | dict[str, Any] | None = None
    text: _TextOptions | None = None


def parse_request(data: bytes, /) -> ParsedRequest:
    """Parse the body of a request for a response.

    Raises:
        MalformedRequestError: The request is invalid.
    """
    body = read_body(data, _Request)
    items = body.input
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    texts = [_text(item) for item in items]
    user_texts = [""]
    user_texts += [
        text for item, text in zip(items, texts, strict=True) if item.get("role") == "user"
    ]
    format_ = body.text.format if body.text is not None else None
    return ParsedRequest(
        model=body.model,
        text=user_texts[-1],
        words=sum(len(text.split()) for text in [body.instructions or "", *texts]),
        results=tuple(_results(items)),
        streamed=bool(body.stream),
        stored=body.store is not False,
        background=bool(body.background),
        previous=body.previous_response_id,
        tools=tuple(_tools(body.tools or (), body.tool_choice)),
        custom=frozenset(tool.name for tool in body.tools or () if tool.type == "custom"),
        tool_choice=_choice(body.tool_choice),
        output=_output(format_),
    )


def _text(item: Item) -> str:
    content = item.get("output") if "call_id" in item else item.get("content")
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content or ())


def _results(items: list[Item]) -> Iterator[str]:
    """Yield the results at the end of the conversation."""
    last = len(items)
    while last and items[last - 1].get("type") in _OUTPUTS:
        last -= 1
    yield from map(_text, items[last:])


def _tools(tools: Iterable[_Tool], choice: str | dict[str, Any] | None) -> Iterator[ToolDefinition]:
    """Yield the tools that the caller runs, or those that a choice allows."""
    allowed = None
    if is_object(choice) and choice.get("type") == "allowed_tools":
        items: list[dict[str, Any]] = choice["tools"]
        allowed = {item.get("name") for item in items}
    for tool in tools:
        if allowed is None or tool.name in allowed:
            if tool.type == "custom":
                yield custom_tool(tool.name, tool.description or "")
            elif tool.type == "function":
                yield _tool(tool)


def _tool(tool: _Tool) -> ToolDefinition:
    parameters = tool.parameters or {"type": "object", "properties": {}}
    return ToolDefinition(tool.name, tool.description or "", parameters, tool.strict is not False)


def _choice(choice: str | dict[str, Any] | None) -> ToolChoice | None:
    match choice:
        case "auto" | "none" | "required":
            return ToolChoice(choice)
        case {"type": "function" | "custom", "name": str(name)}:
            return ToolChoice("tool", name)
        case {"type": "allowed_tools", "mode": "auto" | "required" as mode}:
            return ToolChoice(mode)
        case None:
            return None
        case _:
            raise MalformedRequestError(f"Invalid value for 'tool_choice': {choice!r}")


def _output(format_: _Format | None) -> OutputSchema | None:
    if format_ is None or format_.type == "text":
        return None
    return OutputSchema(format_.name, format_.schema)

"""Parser of requests to Anthropic's Messages API (API reference, "Messages")."""

from collections.abc import Iterator
from typing import Any

import msgspec

from chatmodels.core import ToolChoice
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._json import is_object
from chatmodels.testing._protocols.protocol import MalformedRequestError, ParsedRequest
from chatmodels.testing._protocols.request_body import read_body

VERSION_HEADER = "anthropic-version"
"""A header of every request to Anthropic."""


class _Tool(msgspec.Struct):
    name: str
    description: str | None = None
    input_schema: dict[str, Any] | None = None
    strict: bool | None = None


class _Format(msgspec.Struct):
    schema: dict[str, Any]


class _OutputConfig(msgspec.Struct):
    format: _Format | None = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[dict[str, Any]]


class _Request(msgspec.Struct):
    model: str
    max_tokens: int
    messages: list[_Message]
    system: str | list[dict[str, Any]] = ""
    stream: bool | None = None
    tools: list[_Tool] | None = None
    tool_choice: dict[str, Any] | None = None
    output_config: _OutputConfig | None = None


def read_request(request: ReceivedRequest, /) -> ParsedRequest:
    """Parse a request for a message.

    Raises:
        MalformedRequestError: The request is invalid.
    """
    if VERSION_HEADER not in request.headers:
        raise MalformedRequestError(f"{VERSION_HEADER}: header is required")
    body = read_body(request.body, _Request)
    if not body.messages:
        raise MalformedRequestError("messages: at least one message is required")
    texts = [_text(message.content) for message in body.messages]
    user_texts = [""]
    user_texts += [
        text for message, text in zip(body.messages, texts, strict=True) if message.role == "user"
    ]
    config = body.output_config
    prefill = texts[-1] if body.messages[-1].role == "assistant" else ""
    if prefill != prefill.rstrip():
        raise MalformedRequestError(
            "messages: final assistant content cannot end with trailing whitespace"
        )
    return ParsedRequest(
        model=body.model,
        text=user_texts[-1],
        words=sum(len(text.split()) for text in [_text(body.system), *texts]),
        results=tuple(_results(body.messages[-1].content)),
        prefill=prefill,
        streamed=bool(body.stream),
        tools=tuple(_tool(tool) for tool in body.tools or () if tool.input_schema is not None),
        tool_choice=_choice(body.tool_choice),
        output=OutputSchema("output", config.format.schema)
        if config is not None and config.format is not None
        else None,
    )


def _text(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(str(block.get("text", "")) for block in content)


def _results(content: str | list[dict[str, Any]]) -> Iterator[str]:
    for block in content:
        if is_object(block) and block.get("type") == "tool_result":
            yield _text(block.get("content", ""))


def _tool(tool: _Tool) -> ToolDefinition:
    schema = tool.input_schema or {}
    return ToolDefinition(tool.name, tool.description or "", schema, bool(tool.strict))


def _choice(choice: dict[str, Any] | None) -> ToolChoice | None:
    match choice:
        case {"type": "tool", "name": str(name)}:
            return ToolChoice("tool", name)
        case {"type": "any"}:
            return ToolChoice("required")
        case {"type": "auto" | "none" as mode}:
            return ToolChoice(mode)
        case None:
            return None
        case _:
            raise MalformedRequestError(f"tool_choice: {choice!r} is not valid")

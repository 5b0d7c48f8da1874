"""Parser of requests to Bedrock's Converse (API reference of Bedrock Runtime, "Converse")."""

from collections.abc import Iterator
from typing import Any

import msgspec

from chatmodels.core import ToolChoice
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._protocols.protocol import MalformedRequestError, ParsedRequest
from chatmodels.testing._protocols.request_body import read_body


class _Schema(msgspec.Struct):
    json: dict[str, Any]


class _Spec(msgspec.Struct, rename="camel"):
    name: str
    input_schema: _Schema
    description: str | None = None
    strict: bool = False


class _Tool(msgspec.Struct, rename="camel"):
    tool_spec: _Spec | None = None


class _Tools(msgspec.Struct, rename="camel"):
    tools: list[_Tool]
    tool_choice: dict[str, Any] | None = None


class _JsonSchema(msgspec.Struct):
    schema: str
    name: str = "output"


class _Structure(msgspec.Struct, rename="camel"):
    json_schema: _JsonSchema


class _Format(msgspec.Struct):
    structure: _Structure


class _Output(msgspec.Struct, rename="camel"):
    text_format: _Format | None = None


class _Message(msgspec.Struct):
    role: str
    content: list[dict[str, Any]]


class _Request(msgspec.Struct, rename="camel"):
    messages: list[_Message]
    system: list[dict[str, Any]] = []
    tool_config: _Tools | None = None
    output_config: _Output | None = None


def read_request(request: ReceivedRequest, model: str, *, streamed: bool) -> ParsedRequest:
    """Parse a chat request.

    Raises:
        MalformedRequestError: The request is invalid.
    """
    body = read_body(request.body, _Request)
    output = _output(body.output_config)
    if not body.messages:
        raise MalformedRequestError("A conversation must start with a user message.")
    texts = [_text(message.content) for message in body.messages]
    user_texts = [""]
    user_texts += [
        text for message, text in zip(body.messages, texts, strict=True) if message.role == "user"
    ]
    config = body.tool_config
    prefill = texts[-1] if body.messages[-1].role == "assistant" else ""
    if prefill != prefill.rstrip():
        raise MalformedRequestError(
            "messages: final assistant content cannot end with trailing whitespace"
        )
    return ParsedRequest(
        model=model,
        text=user_texts[-1],
        words=sum(len(text.split()) for text in [_text(body.system), *texts]),
        results=tuple(_results(body.messages[-1].content)),
        prefill=prefill,
        streamed=streamed,
        tools=tuple(_tools(config)),
        tool_choice=None if config is None else _choice(config.tool_choice),
        output=output,
    )


def _text(content: list[dict[str, Any]]) -> str:
    return "".join(str(block.get("text", "")) for block in content)


def _results(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for block in blocks:
        result = block.get("toolResult")
        if is_object(result) and is_array(content := result.get("content")):
            yield _text([item for item in content if is_object(item)])


def _tools(config: _Tools | None) -> Iterator[ToolDefinition]:
    for tool in config.tools if config is not None else ():
        if (spec := tool.tool_spec) is not None:
            schema = spec.input_schema.json
            yield ToolDefinition(spec.name, spec.description or "", schema, spec.strict)


def _choice(choice: dict[str, Any] | None) -> ToolChoice | None:
    match choice:
        case {"tool": {"name": str(name)}}:
            return ToolChoice("tool", name)
        case {"any": _}:
            return ToolChoice("required")
        case {"auto": _}:
            return ToolChoice("auto")
        case None:
            return None
        case _:
            raise MalformedRequestError(f"toolChoice: {choice!r} is not valid")


def _output(config: _Output | None) -> OutputSchema | None:
    if config is None or config.text_format is None:
        return None
    json_schema = config.text_format.structure.json_schema
    return OutputSchema(json_schema.name, read_body(json_schema.schema, dict[str, Any]))

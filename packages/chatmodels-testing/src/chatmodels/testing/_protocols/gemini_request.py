"""Parser of requests to generateContent ("Generating content", API reference)."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from chatmodels.core import ToolChoice
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._json import is_array, is_object
from chatmodels.testing._protocols.protocol import MalformedRequestError, ParsedRequest
from chatmodels.testing._protocols.request_body import read_body

WHOLE = ":generateContent"
STREAMED = ":streamGenerateContent"


class _Content(msgspec.Struct):
    parts: list[dict[str, Any]] = []
    role: str = "user"


class _Function(msgspec.Struct, rename="camel"):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    parameters_json_schema: dict[str, Any] | None = None


class _Tool(msgspec.Struct, rename="camel"):
    function_declarations: list[_Function] = []


class _Calling(msgspec.Struct, rename="camel"):
    mode: str | None = None
    allowed_function_names: list[str] = []


class _ToolConfig(msgspec.Struct, rename="camel"):
    function_calling_config: _Calling | None = None


class _Config(msgspec.Struct, rename="camel"):
    response_mime_type: str | None = None
    response_json_schema: dict[str, Any] | None = None
    response_schema: dict[str, Any] | None = None


class _Request(msgspec.Struct, rename="camel"):
    contents: list[_Content]
    system_instruction: _Content | None = None
    tools: list[_Tool] | None = None
    tool_config: _ToolConfig | None = None
    generation_config: _Config | None = None


def read_request(request: ReceivedRequest, /) -> ParsedRequest:
    """Parse a request for generated content.

    Raises:
        MalformedRequestError: The request is invalid.
    """
    path, _, verb = request.path.rpartition(":")
    fields = camel_case(read_body(request.body, dict[str, Any]))
    try:
        body = msgspec.convert(fields, _Request)
    except msgspec.ValidationError as error:
        raise MalformedRequestError(f"the body does not match the API's schema: {error}") from error
    if not body.contents:
        raise MalformedRequestError("contents are not specified")
    texts = [_text(content) for content in body.contents]
    user_texts = [""]
    user_texts += [
        text for content, text in zip(body.contents, texts, strict=True) if content.role == "user"
    ]
    system = "" if body.system_instruction is None else _text(body.system_instruction)
    functions = [function for tool in body.tools or () for function in tool.function_declarations]
    calling = None if body.tool_config is None else body.tool_config.function_calling_config
    return ParsedRequest(
        model=path.rpartition("/")[2],
        text=user_texts[-1],
        words=sum(len(text.split()) for text in [system, *texts]),
        results=tuple(_results(body.contents[-1])),
        streamed=f":{verb}" == STREAMED,
        tools=tuple(map(_tool, functions)),
        tool_choice=_choice(calling),
        output=_output(body.generation_config),
    )


_SNAKE = re.compile("_([a-z])")
_VALUES = frozenset(
    {
        "args",
        "parameters",
        "parametersJsonSchema",
        "response",
        "responseJsonSchema",
        "responseSchema",
    }
)
"""Fields with values whose names are not those of the API."""


def camel_case(value: Any, /) -> Any:
    """Rename the fields of a request, whose names can also be those of the protocol buffers."""
    if is_object(value):
        renamed = {_SNAKE.sub(lambda found: found[1].upper(), k): v for k, v in value.items()}
        return {k: v if k in _VALUES else camel_case(v) for k, v in renamed.items()}
    return [camel_case(item) for item in value] if is_array(value) else value


def _text(content: _Content) -> str:
    return "".join(str(part.get("text", "")) for part in content.parts)


def _results(content: _Content) -> Iterator[str]:
    for part in content.parts:
        result = part.get("functionResponse")
        if is_object(result):
            response: dict[str, Any] = result.get("response", {})
            text = response.get("output", response.get("error"))
            yield text if isinstance(text, str) else msgspec.json.encode(response).decode()


def _tool(function: _Function) -> ToolDefinition:
    schema = function.parameters_json_schema
    schema = schema or _json_schema(function.parameters or {"type": "object"})
    return ToolDefinition(function.name, function.description or "", schema)


def _json_schema(value: Any) -> Any:
    """Convert the upper-case types of a `Schema` to JSON Schema."""
    if is_object(value):
        return {
            name: item.lower() if name == "type" and isinstance(item, str) else _json_schema(item)
            for name, item in value.items()
        }
    return [_json_schema(item) for item in value] if is_array(value) else value


def _choice(calling: _Calling | None) -> ToolChoice | None:
    match None if calling is None else calling.mode:
        case "ANY" if calling is not None and len(calling.allowed_function_names) == 1:
            return ToolChoice("tool", calling.allowed_function_names[0])
        case "ANY":
            return ToolChoice("required")
        case "NONE":
            return ToolChoice("none")
        case "AUTO" | "VALIDATED":
            return ToolChoice("auto")
        case None:
            return None
        case mode:
            raise MalformedRequestError(f"Invalid value at 'mode': {mode!r}")


def _output(config: _Config | None) -> OutputSchema | None:
    if config is None or config.response_mime_type != "application/json":
        return None
    schema = config.response_json_schema or _json_schema(config.response_schema)
    return OutputSchema("output", schema)

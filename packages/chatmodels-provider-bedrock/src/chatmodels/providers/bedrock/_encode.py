"""Encoder of requests for Converse ("Converse", API reference of Bedrock Runtime)."""

import msgspec

from chatmodels.core import ChatRequest
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.http.wire import (
    Json,
    PlainMessages,
    add_options,
    set_path,
    write_body,
)
from chatmodels.providers.bedrock._blocks import PROVIDER_NAME
from chatmodels.providers.bedrock._messages import encode_conversation
from chatmodels.providers.bedrock._profile import SETTINGS, find_family
from chatmodels.providers.bedrock._thinking import FIELDS, set_reasoning

_COPIED = ("temperature", "top_p", "max_output_tokens", "stop", "metadata", "service_tier")
_TOOL_MODES = {"auto": "auto", "required": "any", "tool": "tool"}


def encode_request(model: str, request: ChatRequest) -> bytes:
    """Encode the body of a request.

    Raises:
        UnsupportedError: The API cannot express the request; the message lists every problem.
        InvalidRequestError: A value in `provider_options`, or a text, cannot be encoded as JSON.
    """
    problems: list[str] = []
    family = find_family(model)
    system, turns = encode_conversation(request.messages, problems, keeps_state=family.keeps_state)
    body: dict[str, Json] = {"messages": turns}
    if system:
        body["system"] = system
    for name, value in request.settings.chosen().items():
        if name in _COPIED:
            set_path(body, SETTINGS[name], value)
        elif name == "top_k":
            set_path(body, f"{FIELDS}.{family.top_k}", value)
    set_reasoning(request, family, body)
    _set_tools(request, body, problems)
    if request.output is not None:
        _set_output(request.output, body)
    add_options(request.provider_options, body)
    return write_body(body, PROVIDER_NAME, problems)


def _set_tools(request: ChatRequest, body: dict[str, Json], problems: list[str]) -> None:
    """Add the tools and the tool choice."""
    choice = request.tool_choice
    mode = None if choice is None else choice.mode
    enabled = () if mode == "none" else request.tools
    tools = [_tool(tool) for tool in enabled]
    if not tools:
        # The API does not support "none", and refuses tool calls in a request without tools.
        tools = _called_tools(request)
        if tools and mode == "none":
            problems.append("tool_choice 'none' in a conversation with tool calls")
    if tools:
        config: dict[str, Json] = {"tools": tools}
        if choice is not None and choice.mode in _TOOL_MODES:
            arguments: Json = {} if choice.name is None else {"name": choice.name}
            config["toolChoice"] = {_TOOL_MODES[choice.mode]: arguments}
        body["toolConfig"] = config


def _tool(tool: ToolDefinition) -> Json:
    encoded: dict[str, Json] = {"name": tool.name}
    if tool.description:
        encoded["description"] = tool.description
    if tool.strict:
        encoded["strict"] = True
    encoded["inputSchema"] = _object_schema(tool.parameters)
    return {"toolSpec": encoded}


def _called_tools(request: ChatRequest) -> list[Json]:
    """Declare the tools that a conversation calls, for a request without tools."""
    if isinstance(request.messages, PlainMessages):
        return []
    names = {call.name for message in request.messages for call in message.tool_calls}
    schema = _object_schema({})
    return [{"toolSpec": {"name": name, "inputSchema": schema}} for name in sorted(names)]


def _object_schema(schema: dict[str, Json]) -> Json:
    # The API refuses schemas without `"type": "object"`.
    return {"json": {"type": "object", **schema}}


def _set_output(output: OutputSchema, body: dict[str, Json]) -> None:
    """Request output that conforms to a schema."""
    json_schema = {"name": output.name, "schema": _text(output.schema)}
    if output.description:
        json_schema["description"] = output.description
    text_format = {"type": "json_schema", "structure": {"jsonSchema": json_schema}}
    set_path(body, "outputConfig.textFormat", text_format)


def _text(schema: Json) -> str:
    return msgspec.json.encode(schema).decode()

"""Translates requests into the vendor's JSON ("Converse", API reference of Bedrock Runtime)."""

import msgspec

from chatmodels.core import ChatRequest
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.http.wire import (
    Json,
    add_options,
    set_path,
    write_body,
)
from chatmodels.providers.bedrock._blocks import PROVIDER_NAME
from chatmodels.providers.bedrock._messages import encode_conversation
from chatmodels.providers.bedrock._profile import SETTINGS, find_family
from chatmodels.providers.bedrock._thinking import FIELDS, think

_SAME = ("temperature", "top_p", "max_output_tokens", "stop", "metadata", "service_tier")
_MODES = {"auto": "auto", "required": "any", "tool": "tool"}


def encode_request(model: str, request: ChatRequest) -> bytes:
    """Write the body that asks for an answer.

    Raises:
        UnsupportedError: The API cannot express something; the message lists everything.
        InvalidRequestError: Something in `provider_options`, or in a text, is not JSON.
    """
    problems: list[str] = []
    known = find_family(model)
    system, turns = encode_conversation(request.messages, problems, keeps_state=known.keeps_state)
    body: dict[str, Json] = {"messages": turns}
    if system:
        body["system"] = system
    for name, value in request.settings.chosen().items():
        if name in _SAME:
            set_path(body, SETTINGS[name], value)
        elif name == "top_k":
            set_path(body, f"{FIELDS}.{known.top_k}", value)
    think(request, known, body)
    _set_tools(request, body, problems)
    if request.output is not None:
        _set_output(request.output, body)
    add_options(request.provider_options, body)
    return write_body(body, PROVIDER_NAME, problems)


def _set_tools(request: ChatRequest, body: dict[str, Json], problems: list[str]) -> None:
    """Offer the tools, and say whether they may or must be called."""
    choice = request.tool_choice
    mode = None if choice is None else choice.mode
    offered = () if mode == "none" else request.tools
    tools = [_tool(tool) for tool in offered]
    if not tools:
        # The API has no "none", and refuses calls in a conversation without tools.
        tools = _called(request)
        if tools and mode == "none":
            problems.append("tool_choice 'none' in a conversation with tool calls")
    if tools:
        config: dict[str, Json] = {"tools": tools}
        if choice is not None and choice.mode in _MODES:
            how: Json = {} if choice.name is None else {"name": choice.name}
            config["toolChoice"] = {_MODES[choice.mode]: how}
        body["toolConfig"] = config


def _tool(tool: ToolDefinition) -> Json:
    encoded: dict[str, Json] = {"name": tool.name}
    if tool.description:
        encoded["description"] = tool.description
    if tool.strict:
        encoded["strict"] = True
    encoded["inputSchema"] = _rooted(tool.parameters)
    return {"toolSpec": encoded}


def _called(request: ChatRequest) -> list[Json]:
    """Declare the tools that a conversation speaks of, where none are offered any more."""
    names = {call.name for message in request.messages for call in message.tool_calls}
    return [{"toolSpec": {"name": name, "inputSchema": _rooted({})}} for name in sorted(names)]


def _rooted(schema: dict[str, Json]) -> Json:
    # A schema that does not say itself that it is of an object is refused.
    return {"json": {"type": "object", **schema}}


def _set_output(output: OutputSchema, body: dict[str, Json]) -> None:
    """Request output of a schema."""
    form = {"name": output.name, "schema": _text(output.schema)}
    if output.description:
        form["description"] = output.description
    text_format = {"type": "json_schema", "structure": {"jsonSchema": form}}
    set_path(body, "outputConfig.textFormat", text_format)


def _text(schema: Json) -> str:
    return msgspec.json.encode(schema).decode()

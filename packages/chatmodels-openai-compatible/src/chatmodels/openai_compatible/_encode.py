"""Translates requests into the vendor's JSON."""

from typing import Any

from chatmodels.core import AudioOutput, ChatRequest, Settings, ToolChoice
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.http.wire import Json, add_options, set_path, write_body
from chatmodels.openai_compatible._dialect import Dialect
from chatmodels.openai_compatible._messages import encode_conversation

_NO_SETTINGS = Settings()
_REQUIRED = ToolChoice("required")


def encode_request(model: str, request: ChatRequest, dialect: Dialect, *, stream: bool) -> bytes:
    """Encode the body of a chat request.

    Raises:
        UnsupportedError: The dialect does not support something; the message lists everything.
        InvalidRequestError: A value in `provider_options`, or a text, is not JSON.
    """
    problems: list[str] = []
    body: dict[str, Json] = {
        "model": model,
        "messages": encode_conversation(request.messages, dialect, problems),
    }
    if request.settings != _NO_SETTINGS:
        _settings(request, dialect, body)
    tools, choice = request.tools, request.tool_choice
    if dialect.sends_named_tool_alone and choice is not None and choice.mode == "tool":
        tools = [tool for tool in tools if tool.name == choice.name]
        choice = _REQUIRED
    if tools:
        body["tools"] = [_tool(tool) for tool in tools]
    if choice is not None:
        body["tool_choice"] = _choice(choice)
    if request.output is not None:
        body["response_format"] = _format(request.output)
    if stream:
        body["stream"] = True
        if dialect.usage_option:
            body["stream_options"] = {"include_usage": True}
    for path, value in dialect.fields.items():
        set_path(body, path, value)
    if dialect.adapt is not None:
        dialect.adapt(body, problems)
    if request.provider_options:
        _check_options(request.provider_options, stream, problems)
        add_options(request.provider_options, body)
    return write_body(body, dialect.name, problems)


def _settings(request: ChatRequest, dialect: Dialect, body: dict[str, Json]) -> None:
    for name, value in request.settings.chosen().items():
        path = dialect.settings.get(name)
        if name == "reasoning_effort" and value in dialect.effort_fields:
            for field, sent in dialect.effort_fields[value].items():
                set_path(body, field, sent)
        elif path is not None:
            set_path(body, path, _value(name, value, dialect))
    if "top_logprobs" in body:
        body.setdefault("logprobs", True)
    if "audio" in body:
        body["modalities"] = ["text", "audio"]


def _value(name: str, value: Any, dialect: Dialect) -> Json:
    if name == "reasoning_effort":
        return dialect.effort_words.get(value, value)
    if name == "prediction":
        return {"type": "content", "content": value}
    if isinstance(value, AudioOutput):
        return {"voice": value.voice, "format": value.format}
    return value


def _tool(tool: ToolDefinition) -> dict[str, Json]:
    function: dict[str, Json] = {"name": tool.name, "parameters": tool.parameters}
    if tool.description:
        function["description"] = tool.description
    if tool.strict:
        function["strict"] = True
    return {"type": "function", "function": function}


def _choice(choice: ToolChoice) -> Json:
    if choice.mode == "tool":
        return {"type": "function", "function": {"name": choice.name}}
    return choice.mode


def _format(output: OutputSchema) -> dict[str, Json]:
    kind = "json_object" if output.schema is None else "json_schema"
    if output.schema is None:
        return {"type": kind}
    described: dict[str, Json] = {"name": output.name, "schema": output.schema}
    if output.description:
        described["description"] = output.description
    if output.strict:
        described["strict"] = True
    return {"type": kind, "json_schema": described}


def _check_options(options: dict[str, Any], stream: bool, problems: list[str]) -> None:
    """Report the options that would change the structure of the response."""
    if options.get("n", 1) != 1:
        problems.append("several choices in one response (n); see batch()")
    if options.get("stream", stream) != stream:
        problems.append("stream in provider_options; call stream() or generate()")

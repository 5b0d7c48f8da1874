"""Encoder of requests for the Chat API."""

from chatmodels.core import ChatRequest, ToolChoice
from chatmodels.core.extending import ToolDefinition
from chatmodels.http.wire import (
    Json,
    add_options,
    set_path,
    write_body,
)
from chatmodels.providers.cohere._messages import encode_conversation
from chatmodels.providers.cohere._profile import PROVIDER_NAME, SETTINGS

_BUDGETS = {"minimal": 1_024, "low": 2_048, "medium": 8_192}
"""Thinking tokens by effort; for higher efforts, thinking is not limited."""

_TOOL_CHOICES = {"none": "NONE", "required": "REQUIRED", "tool": "REQUIRED"}


def encode_request(model: str, request: ChatRequest, *, stream: bool) -> bytes:
    """Encode the body of a request.

    Raises:
        UnsupportedError: The API cannot express the request; the message lists every problem.
        InvalidRequestError: A value in `provider_options`, or a text, cannot be encoded as JSON.
    """
    problems: list[str] = []
    turns, documents = encode_conversation(request.messages, problems)
    body: dict[str, Json] = {"model": model, "messages": turns, "stream": stream}
    for name, value in request.settings.chosen().items():
        if not name.startswith("reasoning_"):
            body[SETTINGS[name]] = value
    _set_reasoning(request, body)
    if documents:
        body["documents"] = documents
        if not turns:
            problems.append("files without a text")
    if request.tools:
        _set_tools(request, body, problems)
    if request.output is not None:
        set_path(body, "response_format.type", "json_object")
        if request.output.schema is not None:
            set_path(body, "response_format.schema", request.output.schema)
    if request.provider_options.get("stream", stream) != stream:
        problems.append("stream in provider_options; call stream() or generate()")
    add_options(request.provider_options, body)
    return write_body(body, PROVIDER_NAME, problems)


def _set_reasoning(request: ChatRequest, body: dict[str, Json]) -> None:
    effort, budget = request.settings.reasoning_effort, request.settings.reasoning_budget
    if effort is None and budget is None:
        return
    if budget is None:
        budget = 0 if effort == "none" else _BUDGETS.get(effort or "")
    if budget == 0:
        body["thinking"] = {"type": "disabled"}
        return
    set_path(body, "thinking.type", "enabled")
    if budget is not None:
        set_path(body, "thinking.token_budget", budget)


def _set_tools(request: ChatRequest, body: dict[str, Json], problems: list[str]) -> None:
    """Add the tools and the tool choice; if one tool is required, only that tool is sent."""
    choice = request.tool_choice or ToolChoice("auto")
    enabled = [tool for tool in request.tools if choice.name in {None, tool.name}]
    body["tools"] = [_tool(tool) for tool in enabled]
    if any(tool.strict for tool in enabled):
        body["strict_tools"] = True
        problems += [
            f"the tool {tool.name!r}, which is not strict, together with strict tools"
            for tool in enabled
            if not tool.strict
        ]
    if choice.mode in _TOOL_CHOICES:
        body["tool_choice"] = _TOOL_CHOICES[choice.mode]


def _tool(tool: ToolDefinition) -> dict[str, Json]:
    function: dict[str, Json] = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": {**function, "parameters": tool.parameters}}

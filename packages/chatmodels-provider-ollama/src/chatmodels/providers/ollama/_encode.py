"""Encoder of requests for `POST /api/chat`."""

from collections.abc import Mapping

from chatmodels.core import ChatRequest
from chatmodels.core.extending import ToolDefinition
from chatmodels.http.wire import Json, add_options, set_path, write_body
from chatmodels.providers.ollama._messages import encode_conversation
from chatmodels.providers.ollama._metadata import PROVIDER_NAME

SETTINGS: Mapping[str, str] = {
    "temperature": "options.temperature",
    "top_p": "options.top_p",
    "top_k": "options.top_k",
    "max_output_tokens": "options.num_predict",
    "stop": "options.stop",
    "seed": "options.seed",
    "frequency_penalty": "options.frequency_penalty",
    "presence_penalty": "options.presence_penalty",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "reasoning_effort": "think",
}
"""The settings of the API and their fields ("Generate a chat message", Modelfile parameters)."""

EFFORT_WORDS: Mapping[str, str | None] = {"none": None, "minimal": "low", "xhigh": "max"}
"""Efforts that `think` does not accept; it accepts "low", "medium", "high" and "max"."""


def encode_request(model: str, request: ChatRequest, *, stream: bool) -> bytes:
    """Encode the body of a request.

    Raises:
        UnsupportedError: The API cannot express the request; the message lists every problem.
        InvalidRequestError: A value in `provider_options`, or a text, cannot be encoded as JSON.
    """
    problems: list[str] = []
    body: dict[str, Json] = {
        "model": model,
        "messages": encode_conversation(request.messages, problems),
        "stream": stream,
    }
    for name, value in request.settings.chosen().items():
        if name == "reasoning_effort":
            body["think"] = EFFORT_WORDS.get(value, value) or False
        else:
            set_path(body, SETTINGS[name], value)
    if request.settings.top_logprobs is not None:
        body.setdefault("logprobs", True)
    _set_tools(request, body)
    if request.output is not None:
        body["format"] = "json" if request.output.schema is None else request.output.schema
    if request.provider_options.get("stream", stream) != stream:
        problems.append("stream in provider_options; call stream() or generate()")
    add_options(request.provider_options, body)
    return write_body(body, PROVIDER_NAME, problems)


def _set_tools(request: ChatRequest, body: dict[str, Json]) -> None:
    """Add the tools, unless the tool choice is "none"."""
    if request.tools and (request.tool_choice is None or request.tool_choice.mode != "none"):
        body["tools"] = [_tool(tool) for tool in request.tools]


def _tool(tool: ToolDefinition) -> dict[str, Json]:
    function: dict[str, Json] = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": {**function, "parameters": tool.parameters}}

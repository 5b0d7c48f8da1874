"""Encoder of requests for the Messages API."""

from chatmodels.core import ChatRequest
from chatmodels.core.extending import ToolDefinition
from chatmodels.http.claude import Generation
from chatmodels.http.wire import Json, add_options, write_body
from chatmodels.providers.anthropic._blocks import PROVIDER_NAME
from chatmodels.providers.anthropic._messages import encode_conversation
from chatmodels.providers.anthropic._profile import SETTINGS, generation

_COPIED = ("temperature", "top_p", "top_k", "stop")
_TOOL_MODES = {"auto": "auto", "none": "none", "required": "any", "tool": "tool"}
_SERVICE_TIERS = {"default": "standard_only"}
_BUDGETS = {"low": 2_048, "medium": 8_192, "high": 16_384, "xhigh": 32_768, "max": 32_768}
"""Thinking tokens for models without effort levels; at most half of `max_tokens`."""
_MIN_BUDGET = 1_024


def encode_request(model: str, request: ChatRequest, *, stream: bool) -> bytes:
    """Encode the body of a request.

    Raises:
        UnsupportedError: The API cannot express the request; the message lists every problem.
        InvalidRequestError: A value in `provider_options`, or a text, cannot be encoded as JSON.
    """
    problems: list[str] = []
    traits = generation(model)
    system, turns = encode_conversation(request.messages, problems, late_system=traits.late_system)
    body: dict[str, Json] = {
        "model": model,
        "max_tokens": request.settings.max_output_tokens or traits.max_tokens,
        "messages": turns,
    }
    if system:
        body["system"] = system
    for name, value in request.settings.chosen().items():
        if name in _COPIED:
            body[SETTINGS[name]] = value
        elif name == "service_tier":
            body["service_tier"] = _SERVICE_TIERS.get(value, value)
    if request.settings.user is not None:
        body["metadata"] = {"user_id": request.settings.user}
    _set_reasoning(request, traits, body)
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    _set_tool_choice(request, body)
    if request.output is not None:
        output_format = {"type": "json_schema", "schema": request.output.schema}
        body.setdefault("output_config", {})["format"] = output_format
    if stream:
        body["stream"] = True
    if request.provider_options.get("stream", stream) != stream:
        problems.append("stream in provider_options; call stream() or generate()")
    add_options(request.provider_options, body)
    return write_body(body, PROVIDER_NAME, problems)


def _set_reasoning(request: ChatRequest, traits: Generation, body: dict[str, Json]) -> None:
    effort, budget = request.settings.reasoning_effort, request.settings.reasoning_budget
    if effort is None and budget is None:
        return
    if budget == 0 or (budget is None and effort == "none"):
        body["thinking"] = {"type": traits.off}
    elif budget is not None:
        body["thinking"] = {"type": "enabled", "budget_tokens": budget}
    elif traits.thinking == "adaptive":
        # Since Claude Opus 4.7 the text of thinking is omitted by default ("Adaptive thinking").
        body["thinking"] = {"type": "adaptive"}
        if traits.display:
            body["thinking"]["display"] = "summarized"
    else:
        tokens = min(_BUDGETS[effort or ""], body["max_tokens"] // 2)
        body["thinking"] = {"type": "enabled", "budget_tokens": max(tokens, _MIN_BUDGET)}
    if effort in traits.efforts:
        body["output_config"] = {"effort": effort}


def _tool(tool: ToolDefinition) -> dict[str, Json]:
    encoded: dict[str, Json] = {"name": tool.name, "input_schema": tool.parameters}
    if tool.description:
        encoded["description"] = tool.description
    if tool.strict:
        encoded["strict"] = True
    return encoded


def _set_tool_choice(request: ChatRequest, body: dict[str, Json]) -> None:
    choice, parallel = request.tool_choice, request.settings.parallel_tool_calls
    if choice is not None:
        body["tool_choice"] = {"type": _TOOL_MODES[choice.mode]}
        if choice.name is not None:
            body["tool_choice"]["name"] = choice.name
    if parallel is not None:
        encoded: dict[str, Json] = body.setdefault("tool_choice", {"type": "auto"})
        encoded["disable_parallel_tool_use"] = not parallel

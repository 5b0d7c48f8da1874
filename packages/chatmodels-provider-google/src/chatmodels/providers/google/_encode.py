"""Encoder of requests for generateContent ("GenerationConfig", "Function calling")."""

from collections.abc import Mapping

from chatmodels.core import ChatRequest, Settings
from chatmodels.core.extending import ToolDefinition
from chatmodels.http.wire import Json, add_options, is_list, set_path, write_body
from chatmodels.providers.google._messages import encode_conversation
from chatmodels.providers.google._profile import Generation, find_generation

SETTINGS: Mapping[str, str] = {
    "temperature": "generationConfig.temperature",
    "top_p": "generationConfig.topP",
    "top_k": "generationConfig.topK",
    "max_output_tokens": "generationConfig.maxOutputTokens",
    "stop": "generationConfig.stopSequences",
    "seed": "generationConfig.seed",
    "presence_penalty": "generationConfig.presencePenalty",
    "frequency_penalty": "generationConfig.frequencyPenalty",
    "logprobs": "generationConfig.responseLogprobs",
    "top_logprobs": "generationConfig.logprobs",
    "reasoning_effort": "generationConfig.thinkingConfig",
    "reasoning_budget": "generationConfig.thinkingConfig.thinkingBudget",
}
"""The settings of both APIs and their fields."""

_TIER_HEADER = "X-Vertex-AI-LLM-Shared-Request-Type"
GEMINI_SETTINGS = {**SETTINGS, "service_tier": "serviceTier", "store": "store"}
VERTEX_SETTINGS = {**SETTINGS, "service_tier": _TIER_HEADER, "metadata": "labels"}
"""On Vertex AI a header specifies the service tier ("Priority PayGo", "Flex PayGo")."""

_TOOL_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY", "tool": "ANY"}
_SERVICE_TIERS = {"default": "standard", "flex": "flex", "priority": "priority"}
_BUDGETS = {"none": 0, "minimal": 1_024, "low": 1_024, "medium": 8_192, "high": 24_576}
"""Thinking tokens for models without levels, by Google's mapping ("OpenAI compatibility")."""


def encode_request(
    model: str, request: ChatRequest, provider: str, settings: Mapping[str, str]
) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """Encode the body and the headers of a request.

    Args:
        model: The model's name.
        request: The request.
        provider: The provider's registered name.
        settings: The settings of the API.

    Raises:
        UnsupportedError: The API cannot express the request; the message lists every problem.
        InvalidRequestError: A value in `provider_options`, or a text, cannot be encoded as JSON.
    """
    problems: list[str] = []
    generation = find_generation(model)
    system, contents = encode_conversation(
        request.messages,
        problems,
        modern=generation.modern,
    )
    if generation.fixed and is_list(contents) and contents and contents[-1]["role"] == "model":
        problems.append("a conversation that ends with a message of the model, for this model")
    body: dict[str, Json] = {"contents": contents}
    if system:
        body["systemInstruction"] = {"parts": system}
    _add_settings(request.settings, settings, body)
    _set_reasoning(request.settings, generation, body)
    if request.tools:
        body["tools"] = [{"functionDeclarations": [_tool(tool) for tool in request.tools]}]
    _set_tool_choice(request, body)
    if request.output is not None:
        set_path(body, "generationConfig.responseMimeType", "application/json")
        if request.output.schema is not None:
            set_path(body, "generationConfig.responseJsonSchema", request.output.schema)
    tier = body.pop(_TIER_HEADER, None)
    add_options(request.provider_options, body)
    headers = () if tier is None else ((_TIER_HEADER, tier),)
    return write_body(body, provider, problems), headers


def _add_settings(values: Settings, fields: Mapping[str, str], body: dict[str, Json]) -> None:
    for name, value in values.chosen().items():
        if name == "service_tier":
            body[fields[name]] = _SERVICE_TIERS[value]
        elif not name.startswith("reasoning_"):
            set_path(body, fields[name], value)
    if values.top_logprobs is not None:
        set_path(body, fields["logprobs"], True)


def _set_reasoning(values: Settings, generation: Generation, body: dict[str, Json]) -> None:
    effort, budget = values.reasoning_effort, values.reasoning_budget
    if budget is not None:
        thinking: dict[str, Json] = {"thinkingBudget": budget}
    elif effort is None:
        return
    elif generation.most:
        thinking = {"thinkingBudget": min(_BUDGETS.get(effort, generation.most), generation.most)}
    else:
        thinking = {"thinkingLevel": effort}
    if effort != "none" and budget != 0:
        thinking["includeThoughts"] = True
    set_path(body, SETTINGS["reasoning_effort"], thinking)


def _tool(tool: ToolDefinition) -> dict[str, Json]:
    encoded: dict[str, Json] = {"name": tool.name, "parametersJsonSchema": tool.parameters}
    if tool.description:
        encoded["description"] = tool.description
    return encoded


def _set_tool_choice(request: ChatRequest, body: dict[str, Json]) -> None:
    """Add the tool choice; "VALIDATED" makes calls conform to their schemas."""
    choice = request.tool_choice
    mode = "" if choice is None else _TOOL_MODES[choice.mode]
    if mode in {"", "AUTO"} and any(tool.strict for tool in request.tools):
        mode = "VALIDATED"
    if mode:
        calling: dict[str, Json] = {"mode": mode}
        if choice is not None and choice.name is not None:
            calling["allowedFunctionNames"] = [choice.name]
        body["toolConfig"] = {"functionCallingConfig": calling}

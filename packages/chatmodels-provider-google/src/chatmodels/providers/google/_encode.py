"""Translates requests into the vendor's JSON ("GenerationConfig", "Function calling")."""

from collections.abc import Mapping

from chatmodels.core import ChatRequest, Settings
from chatmodels.core.extending import ToolDefinition
from chatmodels.http.wire import Json, add_options, set_path, write_body
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
"""What both APIs take, and where."""

_TIER_HEADER = "X-Vertex-AI-LLM-Shared-Request-Type"
GEMINI_SETTINGS = {**SETTINGS, "service_tier": "serviceTier", "store": "store"}
VERTEX_SETTINGS = {**SETTINGS, "service_tier": _TIER_HEADER, "metadata": "labels"}
"""Vertex AI is told the tier by a header ("Priority PayGo", "Flex PayGo")."""

_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY", "tool": "ANY"}
_TIERS = {"default": "standard", "flex": "flex", "priority": "priority"}
_BUDGETS = {"none": 0, "minimal": 1_024, "low": 1_024, "medium": 8_192, "high": 24_576}
"""Tokens to think for models that know no levels, as Google maps them ("OpenAI compatibility")."""


def encode_request(
    model: str, request: ChatRequest, provider: str, settings: Mapping[str, str]
) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """Write the body that asks for an answer, and its headers.

    Args:
        model: The model's name.
        request: What is asked.
        provider: The provider's registered name.
        settings: The settings of its API.

    Raises:
        UnsupportedError: The API cannot express something; the message lists everything.
        InvalidRequestError: Something in `provider_options`, or in a text, is not JSON.
    """
    problems: list[str] = []
    known = find_generation(model)
    system, contents = encode_conversation(
        request.messages,
        problems,
        modern=known.modern,
    )
    if known.fixed and contents and contents[-1]["role"] == "model":
        problems.append("a conversation that ends with what the model said, with this model")
    body: dict[str, Json] = {"contents": contents}
    if system:
        body["systemInstruction"] = {"parts": system}
    _set(request.settings, settings, body)
    _set_reasoning(request.settings, known, body)
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


def _set(given: Settings, settings: Mapping[str, str], body: dict[str, Json]) -> None:
    for name, value in given.chosen().items():
        if name == "service_tier":
            body[settings[name]] = _TIERS[value]
        elif not name.startswith("reasoning_"):
            set_path(body, settings[name], value)
    if given.top_logprobs is not None:
        set_path(body, settings["logprobs"], True)


def _set_reasoning(given: Settings, known: Generation, body: dict[str, Json]) -> None:
    effort, budget = given.reasoning_effort, given.reasoning_budget
    if budget is not None:
        thinking: dict[str, Json] = {"thinkingBudget": budget}
    elif effort is None:
        return
    elif known.most:
        thinking = {"thinkingBudget": min(_BUDGETS.get(effort, known.most), known.most)}
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
    """Say whether tools may be called; "VALIDATED" makes calls keep to their schemas."""
    choice = request.tool_choice
    mode = "" if choice is None else _MODES[choice.mode]
    if mode in {"", "AUTO"} and any(tool.strict for tool in request.tools):
        mode = "VALIDATED"
    if mode:
        calling: dict[str, Json] = {"mode": mode}
        if choice is not None and choice.name is not None:
            calling["allowedFunctionNames"] = [choice.name]
        body["toolConfig"] = {"functionCallingConfig": calling}

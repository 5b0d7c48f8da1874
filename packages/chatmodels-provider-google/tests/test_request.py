"""Settings, tools and output schemas are encoded for generateContent."""

import json
from typing import Any

import pytest

from chatmodels.core import (
    ChatRequest,
    InvalidRequestError,
    Settings,
    ToolChoice,
    UnsupportedError,
    create_chat_model,
    user,
)
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.providers.google._codec import Paths, gemini_codec
from chatmodels.providers.google._encode import VERTEX_SETTINGS

VERTEX = gemini_codec("google-vertex", VERTEX_SETTINGS, Paths("/v1beta1"))
OLD, NEW = "gemini-2.5-flash", "gemini-3.5-flash"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = ToolDefinition("weather", "Tell the weather.", SCHEMA)
CITY = OutputSchema("City", SCHEMA)


def body(model: str = NEW, provider: str = "google", **request: Any) -> dict[str, Any]:
    chat_request = ChatRequest(messages=(user("?"),), **request)
    made = create_chat_model(f"{provider}:{model}", api_key="k").explain(chat_request).body
    del made["contents"]
    return made


def test_settings_have_their_places() -> None:
    settings = Settings(
        temperature=0.5,
        top_p=0.9,
        top_k=4,
        max_output_tokens=99,
        stop=("END",),
        seed=7,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logprobs=True,
        service_tier="default",
        store=False,
    )
    assert body(settings=settings) == {
        "generationConfig": {
            "temperature": 0.5,
            "topP": 0.9,
            "topK": 4,
            "maxOutputTokens": 99,
            "stopSequences": ["END"],
            "seed": 7,
            "presencePenalty": 0.1,
            "frequencyPenalty": 0.2,
            "responseLogprobs": True,
        },
        "serviceTier": "standard",
        "store": False,
    }


def test_vertex_supports_labels_instead_of_storing() -> None:
    settings = Settings(metadata={"team": "blue"}, service_tier="auto", top_logprobs=3)
    assert body(provider="google-vertex", settings=settings) == {
        "labels": {"team": "blue"},
        "generationConfig": {"responseLogprobs": True, "logprobs": 3},
    }
    with pytest.raises(UnsupportedError, match="does not support store;"):
        body(provider="google-vertex", settings=Settings(store=True))


def test_the_service_tier_of_vertex_is_a_header() -> None:
    settings = Settings(service_tier="default")
    request = ChatRequest(messages=(user("?"),), settings=settings)
    encoded = VERTEX.encode(NEW, request, stream=False)
    assert encoded.headers == (("X-Vertex-AI-LLM-Shared-Request-Type", "standard"),)
    assert json.loads(encoded.body).keys() == {"contents"}


def test_all_unsupported_settings_are_reported_in_one_error() -> None:
    settings = Settings(
        temperature=0.5,
        top_k=3,
        user="u",
        service_tier="scale",
        reasoning_effort="max",
        reasoning_budget=1,
    )
    with pytest.raises(UnsupportedError) as caught:
        body("gemini-3.8-flash", settings=settings)
    message = str(caught.value)
    for words in (
        "support temperature, top_k, ",
        ", user, ",
        "service_tier='scale' (supported: 'auto', 'default', 'flex', 'priority')",
        "reasoning_effort='max' (supported: 'low', 'medium', 'high')",
    ):
        assert words in message


@pytest.mark.parametrize(
    ("model", "settings", "thinking"),
    [
        (
            NEW,
            {"reasoning_effort": "minimal"},
            {"thinkingLevel": "minimal", "includeThoughts": True},
        ),
        (
            "gemini-4-neon",
            {"reasoning_effort": "xhigh"},
            {"thinkingLevel": "xhigh", "includeThoughts": True},
        ),
        (NEW, {"reasoning_effort": "high"}, {"thinkingLevel": "high", "includeThoughts": True}),
        (NEW, {"reasoning_budget": 512}, {"thinkingBudget": 512, "includeThoughts": True}),
        (OLD, {"reasoning_effort": "none"}, {"thinkingBudget": 0}),
        (OLD, {"reasoning_budget": 0}, {"thinkingBudget": 0}),
        (OLD, {"reasoning_effort": "low"}, {"thinkingBudget": 1_024, "includeThoughts": True}),
        (OLD, {"reasoning_effort": "xhigh"}, {"thinkingBudget": 24_576, "includeThoughts": True}),
        (
            "gemini-2.5-pro",
            {"reasoning_effort": "max"},
            {"thinkingBudget": 32_768, "includeThoughts": True},
        ),
        ("gemini-2.0-flash", {"reasoning_effort": "none"}, None),
    ],
)
def test_reasoning_is_a_level_or_a_budget(model: str, settings: Any, thinking: Any) -> None:
    config = body(model, settings=Settings(**settings)).get("generationConfig", {})
    assert config.get("thinkingConfig") == thinking


@pytest.mark.parametrize(
    ("model", "settings", "problem"),
    [
        ("gemini-4-argon", {"reasoning_effort": "xhigh"}, "reasoning_effort='xhigh' "),
        (NEW, {"reasoning_effort": "none"}, "reasoning_effort='none' "),
        (NEW, {"reasoning_effort": "xhigh"}, "reasoning_effort='xhigh' "),
        (NEW, {"reasoning_budget": 0}, "reasoning_budget=0 "),
        ("gemini-3.8-flash", {"reasoning_effort": "minimal"}, "reasoning_effort='minimal' "),
        ("gemini-3-pro-preview", {"reasoning_effort": "medium"}, "reasoning_effort='medium' "),
        ("gemini-2.5-pro", {"reasoning_effort": "none"}, "reasoning_effort='none' "),
        ("gemini-2.5-pro", {"reasoning_budget": 0}, "reasoning_budget=0 "),
        ("gemini-2.0-flash", {"reasoning_effort": "low"}, "reasoning_effort='low' "),
        ("gemini-2.0-flash", {"reasoning_budget": 9}, "reasoning_budget;"),
    ],
)
def test_reasoning_that_a_model_does_not_do_is_refused(
    model: str, settings: Any, problem: str
) -> None:
    with pytest.raises(UnsupportedError, match=problem):
        body(model, settings=Settings(**settings))


def test_tools_are_declared() -> None:
    bare = ToolDefinition("now", "", {"type": "object", "properties": {}})
    assert body(tools=(WEATHER, bare)) == {
        "tools": [
            {
                "functionDeclarations": [
                    {
                        "name": "weather",
                        "description": "Tell the weather.",
                        "parametersJsonSchema": SCHEMA,
                    },
                    {"name": "now", "parametersJsonSchema": bare.parameters},
                ]
            }
        ]
    }


@pytest.mark.parametrize(
    ("choice", "strict", "calling"),
    [
        (None, False, None),
        (None, True, {"mode": "VALIDATED"}),
        (ToolChoice("auto"), False, {"mode": "AUTO"}),
        (ToolChoice("auto"), True, {"mode": "VALIDATED"}),
        (ToolChoice("none"), True, {"mode": "NONE"}),
        (ToolChoice("required"), True, {"mode": "ANY"}),
        (
            ToolChoice("tool", "weather"),
            False,
            {"mode": "ANY", "allowedFunctionNames": ["weather"]},
        ),
    ],
)
def test_choices_of_tools(choice: Any, strict: bool, calling: Any) -> None:
    tools = (ToolDefinition("weather", "", SCHEMA, strict),)
    made = body(tools=tools, tool_choice=choice)
    assert made.get("toolConfig") == (calling and {"functionCallingConfig": calling})


@pytest.mark.parametrize(("model", "tools"), [(OLD, ()), (NEW, ()), (NEW, (WEATHER,))])
def test_output_schemas_are_native(model: str, tools: Any) -> None:
    made = body(model, output=CITY, tools=tools)
    assert made["generationConfig"] == {
        "responseMimeType": "application/json",
        "responseJsonSchema": SCHEMA,
    }
    free = body(model, output=OutputSchema("any", None), tools=tools)
    assert free["generationConfig"] == {"responseMimeType": "application/json"}


@pytest.mark.parametrize(
    ("choice", "calling"),
    [
        (None, {"mode": "ANY"}),
        (ToolChoice("auto"), {"mode": "ANY"}),
    ],
)
def test_older_models_with_tools_use_an_output_tool(choice: Any, calling: Any) -> None:
    made = body(OLD, output=CITY, tools=(WEATHER,), tool_choice=choice)
    names = [tool["name"] for tool in made["tools"][0]["functionDeclarations"]]
    assert names == ["weather", "City"]
    assert made["toolConfig"] == {"functionCallingConfig": calling}
    assert "generationConfig" not in made


def test_disabled_tools_do_not_prevent_native_output() -> None:
    made = body(OLD, output=CITY, tools=(WEATHER,), tool_choice=ToolChoice("none"))
    assert made["generationConfig"]["responseJsonSchema"]["type"] == "object"
    assert "tools" not in made


def test_any_object_is_requested_through_a_tool() -> None:
    made = body(OLD, output=OutputSchema("any", None, "An answer."), tools=(WEATHER,))
    assert made["tools"][0]["functionDeclarations"][1] == {
        "name": "any",
        "description": "An answer.",
        "parametersJsonSchema": {"type": "object"},
    }


def test_a_required_tool_call_precedes_the_output() -> None:
    made = body(OLD, output=CITY, tools=(WEATHER,), tool_choice=ToolChoice("required"))
    assert len(made["tools"][0]["functionDeclarations"]) == 1


def test_provider_options_are_merged() -> None:
    options = {
        "tools": [{"googleSearch": {}}],
        "cachedContent": "cachedContents/1",
        "generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW"},
    }
    made = body(tools=(WEATHER,), settings=Settings(seed=1), provider_options=options)
    assert [list(tool) for tool in made["tools"]] == [["functionDeclarations"], ["googleSearch"]]
    assert made["cachedContent"] == "cachedContents/1"
    assert made["generationConfig"] == {"seed": 1, "mediaResolution": "MEDIA_RESOLUTION_LOW"}


def test_a_value_without_json_form_is_reported() -> None:
    with pytest.raises(InvalidRequestError, match="cannot be written as JSON"):
        body(provider_options={"odd": object()})

"""Settings, tools and output schemas are encoded for the Chat API."""

import json
from typing import Any

import pytest

from chatmodels.core import (
    ChatRequest,
    FilePart,
    Settings,
    ToolChoice,
    UnsupportedError,
    create_chat_model,
    user,
)
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.providers.cohere._codec import CODEC

THINKING, PLAIN, TRANSLATING = (
    "command-a-plus-05-2026",
    "command-a-03-2025",
    "command-a-translate-08-2025",
)
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER = ToolDefinition("weather", "Tell the weather.", CITY)
CLOCK = ToolDefinition("clock", "", CITY, strict=True)
ANSWER = {
    "type": "function",
    "function": {
        "name": "place",
        "description": "Return the output in this form.",
        "parameters": CITY,
    },
}


def body(model: str = THINKING, **fields: Any) -> dict[str, Any]:
    request = ChatRequest(messages=(user("?"),), **fields)
    made = create_chat_model(f"cohere:{model}", api_key="k").explain(request).body
    return {name: made[name] for name in made.keys() - {"model", "messages", "stream"}}


def with_settings(model: str = THINKING, **settings: Any) -> dict[str, Any]:
    return body(model, settings=Settings(**settings))


def test_settings_are_sent_under_the_names_of_the_api() -> None:
    assert with_settings(
        temperature=0.5,
        top_p=0.9,
        top_k=7,
        max_output_tokens=10,
        stop=("a",),
        seed=1,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        logprobs=True,
    ) == {
        "temperature": 0.5,
        "p": 0.9,
        "k": 7,
        "max_tokens": 10,
        "stop_sequences": ["a"],
        "seed": 1,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "logprobs": True,
    }


@pytest.mark.parametrize(
    ("settings", "thinking"),
    [
        ({"reasoning_effort": "none"}, {"type": "disabled"}),
        ({"reasoning_budget": 0}, {"type": "disabled"}),
        ({"reasoning_effort": "low"}, {"type": "enabled", "token_budget": 2_048}),
        ({"reasoning_effort": "max"}, {"type": "enabled"}),
        ({"reasoning_budget": 100}, {"type": "enabled", "token_budget": 100}),
    ],
)
def test_an_effort_is_a_budget_except_for_the_highest(
    settings: dict[str, Any], thinking: dict[str, Any]
) -> None:
    assert with_settings(**settings) == {"thinking": thinking}


def test_thinking_is_not_disabled_for_models_that_never_think() -> None:
    assert with_settings(PLAIN, reasoning_effort="none") == {}


@pytest.mark.parametrize(
    ("model", "fields", "problem"),
    [
        (THINKING, {"settings": Settings(user="u")}, "does not support user;"),
        (
            THINKING,
            {"settings": Settings(reasoning_effort="low", reasoning_budget=5)},
            "reasoning_effort with reasoning_budget",
        ),
        (
            PLAIN,
            {"settings": Settings(reasoning_effort="low")},
            "reasoning_effort='low' ",
        ),
        (
            PLAIN,
            {"settings": Settings(reasoning_budget=5)},
            "reasoning_budget=5 ",
        ),
        (TRANSLATING, {"tools": (WEATHER,)}, "does not support tools;"),
        (
            TRANSLATING,
            {"output": OutputSchema("place", CITY)},
            "structured output with this model",
        ),
        (THINKING, {"provider_options": {"stream": True}}, "stream in provider_options"),
    ],
)
def test_unsupported_content_is_refused(model: str, fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(UnsupportedError, match=problem):
        body(model, **fields)


def test_tools_are_functions() -> None:
    assert body(tools=(WEATHER,)) == {
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "weather",
                    "description": "Tell the weather.",
                    "parameters": CITY,
                },
            },
        ],
    }


def test_strictness_holds_for_all_tools_of_a_request() -> None:
    assert body(tools=(CLOCK,)) == {
        "tools": [{"type": "function", "function": {"name": "clock", "parameters": CITY}}],
        "strict_tools": True,
    }
    with pytest.raises(
        UnsupportedError, match="'weather', which is not strict, together with strict"
    ):
        body(tools=(WEATHER, CLOCK))


@pytest.mark.parametrize(
    ("choice", "names", "word"),
    [
        (ToolChoice("auto"), ["weather", "clock"], None),
        (ToolChoice("none"), ["weather", "clock"], "NONE"),
        (ToolChoice("required"), ["weather", "clock"], "REQUIRED"),
        (ToolChoice("tool", "weather"), ["weather"], "REQUIRED"),
    ],
    ids=lambda value: getattr(value, "mode", None),
)
def test_a_tool_that_is_demanded_is_offered_alone(
    choice: ToolChoice, names: list[str], word: str | None
) -> None:
    loose = ToolDefinition("clock", "", CITY)
    made = body(tools=(WEATHER, loose), tool_choice=choice)

    assert [tool["function"]["name"] for tool in made["tools"]] == names
    assert made.get("tool_choice") == word


@pytest.mark.parametrize(
    ("schema", "form"),
    [
        (None, {"type": "json_object"}),
        (CITY, {"type": "json_object", "schema": CITY}),
    ],
    ids=["any", "schema"],
)
def test_an_output_schema_is_requested_natively(schema: Any, form: Any) -> None:
    assert body(output=OutputSchema("place", schema)) == {"response_format": form}


@pytest.mark.parametrize(
    "fields",
    [
        {"output": OutputSchema("place", CITY, strict=False)},
        {"output": OutputSchema("place", CITY), "tools": (WEATHER,)},
        {"output": OutputSchema("place", CITY), "provider_options": {"documents": ["The sky."]}},
        {"output": OutputSchema("place", CITY), "provider_options": {"documents": ("The sky.",)}},
    ],
    ids=["loose", "tools", "documents", "documents as a tuple"],
)
def test_otherwise_output_is_requested_through_a_forced_tool(fields: dict[str, Any]) -> None:
    made = body(**fields)

    assert "response_format" not in made
    assert made["tools"][-1] == ANSWER
    assert made["tool_choice"] == "REQUIRED"


def test_any_json_beside_tools_is_an_object() -> None:
    made = body(output=OutputSchema("place", None), tools=(WEATHER,))

    assert made["tools"][-1]["function"]["parameters"] == {"type": "object"}


def test_a_call_of_the_callers_tools_is_not_structured_output() -> None:
    made = body(
        output=OutputSchema("place", CITY), tools=(WEATHER,), tool_choice=ToolChoice("required")
    )

    assert len(made["tools"]) == 1
    assert "response_format" not in made


def test_disabled_tools_do_not_prevent_native_output() -> None:
    made = body(output=OutputSchema("place", CITY), tools=(CLOCK,), tool_choice=ToolChoice("none"))

    assert made == {"response_format": {"type": "json_object", "schema": CITY}}


def test_tools_in_provider_options_can_be_called_with_an_output_tool() -> None:
    search = {"type": "function", "function": {"name": "search", "parameters": CITY}}
    made = body(output=OutputSchema("place", CITY), provider_options={"tools": [search]})

    assert made == {"tools": [ANSWER, search], "tool_choice": "REQUIRED"}


@pytest.mark.parametrize("documents", [["The sea."], ("The sea.",)], ids=["list", "tuple"])
def test_files_of_the_user_stand_before_documents_of_the_options(documents: Any) -> None:
    file = FilePart(data=b"The sky is blue.", media_type="text/plain", name="sky")
    request = ChatRequest(
        messages=(user("?", file),),
        provider_options={"documents": documents, "safety_mode": "STRICT"},
    )
    made = json.loads(CODEC.encode(PLAIN, request, stream=True).body)

    assert made["documents"] == [{"id": "sky", "data": {"text": "The sky is blue."}}, "The sea."]
    assert made["safety_mode"] == "STRICT"
    assert made["stream"] is True


def test_a_prompt_with_only_files_is_refused() -> None:
    file = FilePart(data=b"The sky is blue.", media_type="text/plain")
    with pytest.raises(UnsupportedError, match="files without a text"):
        CODEC.encode(PLAIN, ChatRequest(messages=(user(file),)), stream=False)


def test_documents_that_are_not_a_list_are_passed_on() -> None:
    assert body(provider_options={"documents": "x"}) == {"documents": "x"}

"""Settings, tools and output schemas are encoded for the Messages API."""

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

NEW, MIDDLE, OLD = "claude-sonnet-5-5", "claude-haiku-4-5", "claude-3-haiku-20240307"
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER = ToolDefinition("weather", "Tell the weather.", CITY)
FREE = {"type": "object"}


def body(model: str = NEW, **fields: Any) -> dict[str, Any]:
    request = ChatRequest(messages=(user("?"),), **fields)
    return create_chat_model(f"anthropic:{model}", api_key="k").explain(request).body


def with_settings(model: str = NEW, **settings: Any) -> dict[str, Any]:
    made = body(model, settings=Settings(**settings))
    return {name: made[name] for name in made.keys() - {"model", "messages"}}


@pytest.mark.parametrize(
    ("model", "limit"),
    [
        ("claude-opus-5-5", 128_000),
        ("claude-sonnet-4-6", 128_000),
        ("claude-haiku-4-5-20251001", 64_000),
        ("anthropic.claude-opus-4-5-20251101-v1:0", 64_000),
        ("claude-3-7-sonnet@20250219", 64_000),
        ("claude-sonnet-4-20250514", 64_000),
        ("claude-opus-4-1", 32_000),
        ("claude-3-5-haiku-latest", 8_192),
        ("claude-3-haiku-20240307", 4_096),
        ("kimi-k3", 32_000),
    ],
)
def test_the_default_output_limit_is_that_of_the_model(model: str, limit: int) -> None:
    assert with_settings(model) == {"max_tokens": limit}


def test_settings_are_sent_under_the_names_of_the_api() -> None:
    assert with_settings(
        OLD,
        temperature=0.5,
        top_p=0.9,
        top_k=7,
        max_output_tokens=99,
        stop=("END",),
        user="u-1",
        service_tier="default",
    ) == {
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 7,
        "max_tokens": 99,
        "stop_sequences": ["END"],
        "metadata": {"user_id": "u-1"},
        "service_tier": "standard_only",
    }


SHOWN = {"type": "adaptive", "display": "summarized"}


@pytest.mark.parametrize(
    ("model", "settings", "thinking", "effort"),
    [
        (NEW, {"reasoning_effort": "low"}, SHOWN, "low"),
        (NEW, {"reasoning_effort": "max"}, SHOWN, "max"),
        (NEW, {"reasoning_effort": "none"}, {"type": "between_tools"}, None),
        ("claude-opus-5", {"reasoning_effort": "none"}, {"type": "disabled"}, None),
        ("claude-opus-4-7", {"reasoning_effort": "xhigh"}, SHOWN, "xhigh"),
        ("claude-opus-4-6", {"reasoning_effort": "max"}, {"type": "adaptive"}, "max"),
        ("claude-opus-4-6", {"reasoning_budget": 0}, {"type": "disabled"}, None),
        (
            "claude-opus-4-6",
            {"reasoning_budget": 2000},
            {"type": "enabled", "budget_tokens": 2000},
            None,
        ),
        (
            "claude-opus-4-5",
            {"reasoning_effort": "high"},
            {"type": "enabled", "budget_tokens": 16_384},
            "high",
        ),
        (
            MIDDLE,
            {"reasoning_effort": "medium"},
            {"type": "enabled", "budget_tokens": 8_192},
            None,
        ),
        (
            MIDDLE,
            {"reasoning_effort": "high", "max_output_tokens": 4_000},
            {"type": "enabled", "budget_tokens": 2_000},
            None,
        ),
        (
            MIDDLE,
            {"reasoning_effort": "high", "max_output_tokens": 1_500},
            {"type": "enabled", "budget_tokens": 1_024},
            None,
        ),
    ],
)
def test_reasoning_is_requested_in_the_format_of_the_model(
    model: str, settings: dict[str, Any], thinking: dict[str, Any], effort: str | None
) -> None:
    made = with_settings(model, **settings)
    assert made["thinking"] == thinking
    assert made.get("output_config") == (None if effort is None else {"effort": effort})


def test_all_unsupported_settings_are_refused_in_one_error() -> None:
    with pytest.raises(UnsupportedError) as caught:
        body(
            OLD,
            settings=Settings(seed=7, logprobs=True, reasoning_effort="minimal"),
            tools=(ToolDefinition("weather", "", CITY, strict=True),),
        )
    assert caught.value.message.startswith(
        "anthropic does not support seed, logprobs, reasoning_effort='minimal' (supported: 'none')"
    )
    assert "strict in the tool 'weather'" in caught.value.message


def test_thinking_is_not_disabled_for_models_without_thinking() -> None:
    assert "thinking" not in with_settings(OLD, reasoning_effort="none")


def test_an_option_that_contradicts_the_call_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="stream in provider_options"):
        body(provider_options={"stream": True})


@pytest.mark.parametrize(
    ("model", "settings", "choice", "problem"),
    [
        (NEW, {"temperature": 0.5}, None, "temperature;"),
        ("claude-opus-4-7", {"top_k": 3}, None, "top_k;"),
        (
            "claude-sonnet-4-6",
            {"temperature": 0.5, "top_p": 0.9},
            None,
            "top_p with temperature;",
        ),
        (
            MIDDLE,
            {"temperature": 0.5, "reasoning_effort": "low"},
            None,
            "temperature with reason",
        ),
        (MIDDLE, {"top_k": 3, "reasoning_budget": 2000}, None, "top_k with reasoning"),
        (NEW, {"reasoning_budget": 2000}, None, "reasoning_budget;"),
        (NEW, {"reasoning_effort": "minimal"}, None, "reasoning_effort='minimal' "),
        ("claude-opus-5-5", {"reasoning_effort": "none"}, None, "reasoning_effort='none' "),
        ("claude-fable-5-2", {"reasoning_effort": "none"}, None, "reasoning_effort='none' "),
        ("claude-of-tomorrow", {"reasoning_effort": "none"}, None, "reasoning_effort='none' "),
        ("claude-opus-4-6", {"reasoning_effort": "xhigh"}, None, "reasoning_effort='xhigh' "),
        ("claude-3-5-haiku", {"reasoning_effort": "low"}, None, "reasoning_effort='low' "),
        (NEW, {}, ToolChoice("required"), "tool_choice 'required';"),
        (NEW, {}, ToolChoice("tool", "weather"), "tool_choice 'weather';"),
        (
            "claude-opus-5",
            {"reasoning_effort": "low"},
            ToolChoice("required"),
            "tool_choice 'required' with reasoning",
        ),
        (
            "claude-opus-4-6",
            {"reasoning_budget": 2000, "reasoning_effort": "high"},
            None,
            "reasoning_effort with reasoning_budget",
        ),
    ],
)
def test_each_generation_has_rules_of_its_own(
    model: str, settings: dict[str, Any], choice: ToolChoice | None, problem: str
) -> None:
    with pytest.raises(UnsupportedError) as caught:
        body(model, settings=Settings(**settings), tools=(WEATHER,), tool_choice=choice)
    assert f"anthropic does not support {problem}" in caught.value.message


def test_tools_are_described() -> None:
    bounded = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}
    made = body(tools=(WEATHER, ToolDefinition("count", "", bounded, strict=True)))
    number = {"type": "integer", "description": "(minimum: 1)"}
    assert made["tools"] == [
        {"name": "weather", "description": "Tell the weather.", "input_schema": CITY},
        {
            "name": "count",
            "input_schema": {
                "type": "object",
                "properties": {"n": number},
                "additionalProperties": False,
            },
            "strict": True,
        },
    ]


@pytest.mark.parametrize(
    ("choice", "parallel", "expected"),
    [
        (None, None, None),
        (ToolChoice("auto"), None, {"type": "auto"}),
        (ToolChoice("required"), None, {"type": "any"}),
        (ToolChoice("tool", "weather"), None, {"type": "tool", "name": "weather"}),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice("required"), True, {"type": "any", "disable_parallel_tool_use": False}),
        (ToolChoice("none"), False, {"type": "none"}),
    ],
)
def test_the_tool_choice_specifies_parallel_calls(
    choice: ToolChoice | None, parallel: bool | None, expected: Any
) -> None:
    settings = Settings(parallel_tool_calls=parallel)
    made = body(MIDDLE, tools=(WEATHER,), tool_choice=choice, settings=settings)
    assert made.get("tool_choice") == expected


def test_parallel_tool_calls_are_left_out_without_tools() -> None:
    assert "tool_choice" not in with_settings(parallel_tool_calls=False)


def test_server_tools_count_as_tools() -> None:
    options = {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}
    made = body(settings=Settings(parallel_tool_calls=False), provider_options=options)
    assert made["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}


def test_an_output_schema_is_requested_natively() -> None:
    made = body(output=OutputSchema("city", CITY), settings=Settings(reasoning_effort="low"))
    form = {"type": "json_schema", "schema": CITY}
    assert made["output_config"] == {"effort": "low", "format": form}
    assert "tools" not in made


RECURSIVE = {
    "type": "object",
    "properties": {"next": {"$ref": "#/$defs/Node"}},
    "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}},
}


@pytest.mark.parametrize(
    ("model", "output", "schema"),
    [
        pytest.param(OLD, OutputSchema("city", CITY), CITY, id="an old model"),
        pytest.param(MIDDLE, OutputSchema("city", CITY, strict=False), CITY, id="a loose schema"),
        pytest.param(MIDDLE, OutputSchema("city", None), FREE, id="any object"),
        pytest.param(MIDDLE, OutputSchema("city", RECURSIVE), RECURSIVE, id="a recursive schema"),
    ],
)
def test_otherwise_the_output_schema_is_that_of_a_forced_tool(
    model: str, output: OutputSchema, schema: dict[str, Any]
) -> None:
    made = body(model, output=output)
    (tool,) = made["tools"]
    assert (tool["name"], tool["input_schema"]) == ("city", schema)
    assert tool["description"]
    assert made["tool_choice"] == {"type": "tool", "name": "city"}


@pytest.mark.parametrize(
    ("model", "output", "strict"),
    [
        pytest.param("qwen3", OutputSchema("city", CITY), True, id="another vendor's model"),
        pytest.param("qwen3", OutputSchema("city", CITY, strict=False), None, id="a loose schema"),
        pytest.param("qwen3", OutputSchema("city", None), None, id="any object"),
        pytest.param(OLD, OutputSchema("city", CITY), None, id="an old Claude"),
    ],
)
def test_a_server_of_other_models_must_enforce_the_schema(
    model: str, output: OutputSchema, strict: bool | None
) -> None:
    (tool,) = body(model, output=output)["tools"]
    assert tool.get("strict") is strict


@pytest.mark.parametrize(
    "settings", [Settings(reasoning_budget=2048), Settings(reasoning_effort="low")], ids=repr
)
@pytest.mark.parametrize("tools", [(), (WEATHER,)], ids=["alone", "beside a tool"])
def test_a_schema_that_needs_a_forced_tool_is_refused_with_reasoning(
    settings: Settings, tools: tuple[ToolDefinition, ...]
) -> None:
    output = OutputSchema("city", RECURSIVE)
    with pytest.raises(UnsupportedError, match="this model cannot be forced to call a tool"):
        body(NEW, output=output, tools=tools)
    with pytest.raises(UnsupportedError, match="reasoning together with an output that requires"):
        body(MIDDLE, output=output, tools=tools, settings=settings)
    off = Settings(reasoning_budget=0)
    made = body(MIDDLE, output=output, tools=tools, settings=off)
    assert made["thinking"] == {"type": "disabled"}


@pytest.mark.parametrize(
    ("choice", "expected", "names"),
    [
        (None, {"type": "any"}, ["city", "city_"]),
        (ToolChoice("auto"), {"type": "any"}, ["city", "city_"]),
        (ToolChoice("none"), {"type": "tool", "name": "city_"}, ["city", "city_"]),
        (ToolChoice("required"), {"type": "any"}, ["city"]),
        (ToolChoice("tool", "city"), {"type": "tool", "name": "city"}, ["city"]),
    ],
)
def test_the_output_tool_is_sent_with_the_tools_of_the_caller(
    choice: ToolChoice | None, expected: dict[str, Any], names: list[str]
) -> None:
    made = body(
        MIDDLE,
        output=OutputSchema("city", None, "A city."),
        tools=(ToolDefinition("city", "", CITY),),
        tool_choice=choice,
    )
    assert made["tool_choice"] == expected
    assert [tool["name"] for tool in made["tools"]] == names
    assert made["tools"][-1].get("description", "A city.") == "A city."


def test_provider_options_are_added_to_the_body() -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    made = body(
        tools=(WEATHER,),
        settings=Settings(reasoning_effort="low"),
        provider_options={
            "tools": (search,),
            "output_config": {"task_budget": 1},
            "cache_control": {"type": "ephemeral"},
            "max_tokens": 7,
        },
    )
    assert [tool["name"] for tool in made["tools"]] == ["weather", "web_search"]
    assert made["output_config"] == {"effort": "low", "task_budget": 1}
    assert made["cache_control"] == {"type": "ephemeral"}
    assert made["max_tokens"] == 7
    assert body(provider_options={"tools": [search]})["tools"] == [search]


@pytest.mark.parametrize("value", [object(), "\ud800", {1.5: "x", (1,): "y"}])
def test_a_value_without_json_form_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match="cannot be written as JSON"):
        body(provider_options={"x": value})

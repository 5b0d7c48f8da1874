"""Requests, as they are written."""

import json
from typing import Any

import pytest

from chatmodels.core import (
    AudioOutput,
    ChatRequest,
    InvalidRequestError,
    Settings,
    ToolChoice,
    UnsupportedError,
    user,
)
from chatmodels.core._calls.negotiation import negotiate
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.openai_compatible import COMMON_SETTINGS, Dialect, chat_completions_codec

ALL = Dialect(
    name="vendor",
    settings={
        **COMMON_SETTINGS,
        "reasoning_effort": "reasoning.effort",
        "reasoning_budget": "reasoning.max_tokens",
        "prediction": "prediction",
        "audio_output": "audio",
    },
)
PLAIN = Dialect(name="vendor", usage_option=False, strict_tools=False, output_formats=frozenset())
WEATHER = ToolDefinition("weather", "Tell it.", {"type": "object"})


def body(dialect: Dialect = ALL, *, stream: bool = False, **fields: Any) -> dict[str, Any]:
    request = ChatRequest(messages=(user("Hello"),), **fields)
    codec = chat_completions_codec(dialect)
    request, _ = negotiate(request, codec.profile("m-1"), provider="vendor")
    written: dict[str, Any] = json.loads(codec.encode("m-1", request, stream=stream).body)
    assert written.pop("model") == "m-1"
    assert written.pop("messages") == [{"role": "user", "content": "Hello"}]
    return written


def refusal(dialect: Dialect, **fields: Any) -> str:
    with pytest.raises(UnsupportedError) as caught:
        body(dialect, **fields)
    return str(caught.value)


def test_a_plain_request_contains_only_model_and_messages() -> None:
    assert body() == {}


def test_a_streamed_request_requests_usage() -> None:
    assert body(stream=True) == {"stream": True, "stream_options": {"include_usage": True}}


def test_the_usage_option_is_left_out_if_it_is_not_supported() -> None:
    assert body(PLAIN, stream=True) == {"stream": True}


@pytest.mark.parametrize(
    ("settings", "written"),
    [
        pytest.param({"temperature": 0.5}, {"temperature": 0.5}, id="under its own name"),
        pytest.param({"max_output_tokens": 9}, {"max_tokens": 9}, id="under another name"),
        pytest.param({"stop": ("a", "b")}, {"stop": ["a", "b"]}, id="several texts"),
        pytest.param({"logit_bias": {"5": -1.0}}, {"logit_bias": {"5": -1.0}}, id="a mapping"),
        pytest.param(
            {"reasoning_effort": "low", "reasoning_budget": 8},
            {"reasoning": {"effort": "low", "max_tokens": 8}},
            id="two in one object",
        ),
        pytest.param(
            {"top_logprobs": 2}, {"top_logprobs": 2, "logprobs": True}, id="one that needs another"
        ),
        pytest.param(
            {"prediction": "x"}, {"prediction": {"type": "content", "content": "x"}}, id="predicted"
        ),
        pytest.param(
            {"audio_output": AudioOutput("alloy")},
            {"audio": {"voice": "alloy", "format": "wav"}, "modalities": ["text", "audio"]},
            id="spoken",
        ),
        pytest.param({"parallel_tool_calls": False}, {}, id="nothing about tools without tools"),
    ],
)
def test_a_setting_becomes_a_field(settings: dict[str, Any], written: dict[str, Any]) -> None:
    assert body(settings=Settings(**settings)) == written


def test_tools_are_written_as_functions() -> None:
    strict = ToolDefinition("now", "", {"type": "object"}, strict=True)
    written = body(tools=(WEATHER, strict), settings=Settings(parallel_tool_calls=False))
    assert written == {
        "parallel_tool_calls": False,
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "weather",
                    "description": "Tell it.",
                    "parameters": {"type": "object"},
                },
            },
            {
                "type": "function",
                "function": {"name": "now", "parameters": {"type": "object"}, "strict": True},
            },
        ],
    }


def test_tools_that_only_the_vendor_knows_are_tools_as_well() -> None:
    settings = Settings(parallel_tool_calls=False)
    options = {"tools": [{"type": "browser_search"}]}
    written = body(settings=settings, provider_options=options)
    assert written == options | {"parallel_tool_calls": False}


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        pytest.param(ToolChoice("required"), "required", id="any"),
        pytest.param(
            ToolChoice("tool", "weather"),
            {"type": "function", "function": {"name": "weather"}},
            id="one",
        ),
    ],
)
def test_a_tool_choice_is_a_mode_or_a_function(choice: ToolChoice, written: object) -> None:
    assert body(tools=(WEATHER,), tool_choice=choice)["tool_choice"] == written


@pytest.mark.parametrize(
    ("output", "written"),
    [
        pytest.param(OutputSchema("any", None), {"type": "json_object"}, id="any object"),
        pytest.param(
            OutputSchema("point", {"type": "object"}, "A point."),
            {
                "type": "json_schema",
                "json_schema": {
                    "name": "point",
                    "schema": {"type": "object"},
                    "description": "A point.",
                    "strict": True,
                },
            },
            id="strict",
        ),
        pytest.param(
            OutputSchema("point", {"type": "object"}, strict=False),
            {"type": "json_schema", "json_schema": {"name": "point", "schema": {"type": "object"}}},
            id="loose",
        ),
    ],
)
def test_an_output_schema_becomes_a_response_format(output: OutputSchema, written: object) -> None:
    assert body(output=output) == {"response_format": written}


def test_provider_options_are_put_into_the_body_as_they_are() -> None:
    assert body(provider_options={"n": 1, "web": {"on": True}}) == {"n": 1, "web": {"on": True}}


def test_all_unsupported_features_are_listed_together() -> None:
    message = refusal(
        PLAIN,
        provider_options={"n": 2, "stream": True},
    )
    assert message == (
        "vendor does not support several choices in one response (n); see batch(), stream in "
        "provider_options; call stream() or generate(); omit it, or use another model"
    )


def test_the_profile_is_that_of_the_dialect() -> None:
    profile = chat_completions_codec(PLAIN).profile("m")
    assert (profile.settings, profile.strict_tools) == (PLAIN.settings, False)
    assert profile.native_output == frozenset()


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"x": object()}, id="an object"),
        pytest.param({"x": "\ud800"}, id="lone surrogate"),
    ],
)
def test_values_that_are_not_json_raise(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match="cannot be written as JSON"):
        body(provider_options=options)


def test_a_vendor_can_adapt_the_body_before_the_options_are_merged() -> None:
    def adapt(changed: dict[str, Any], problems: list[str]) -> None:
        changed["tool_choice"] = "any"
        changed["safe"] = True
        problems += ["tools today"] if "tools" in changed else []

    dialect = Dialect(name="vendor", adapt=adapt)
    assert body(dialect, provider_options={"safe": False}) == {"tool_choice": "any", "safe": False}
    assert "tools today" in refusal(dialect, tools=(WEATHER,))


def test_a_codec_can_have_another_dialect_for_each_model() -> None:
    codec = chat_completions_codec(
        ALL, dialect_for=lambda model: PLAIN if model == "plain" else ALL
    )
    request = ChatRequest(messages=(user("Hello"),))
    sent = [json.loads(codec.encode(name, request, stream=True).body) for name in ("m", "plain")]
    assert ["stream_options" in body for body in sent] == [True, False]


def test_a_setting_that_a_policy_adds_is_not_sent_if_the_api_has_no_field_for_it() -> None:
    request = ChatRequest(messages=(user("Hello"),), settings=Settings(top_k=3, seed=1))
    written = json.loads(chat_completions_codec(PLAIN).encode("m-1", request, stream=False).body)
    assert written == {
        "model": "m-1",
        "messages": [{"role": "user", "content": "Hello"}],
        "seed": 1,
    }

"""Simulated responses of Cohere's Chat API."""

import json
from typing import Any

import pytest
from client import Got, request

from chatmodels.core import (
    ChatResponse,
    ErrorCode,
    ImagePart,
    ReasoningPart,
    RefusalPart,
    ToolCall,
    Usage,
    assistant,
)
from chatmodels.testing import FAULTS, Simulator
from chatmodels.testing._protocols.cohere_chat import CohereChat

OSLO = ToolCall("call_1", "weather", '{"city": "Oslo"}')
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
CLOCK = {"type": "function", "function": {"name": "clock"}}


def ask(simulator: Simulator, **body: Any) -> Got:
    payload = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]} | body
    return request(simulator, "POST", "/v2/chat", json.dumps(payload).encode())


def events(got: Got) -> list[dict[str, Any]]:
    *found, end, rest = got.content.decode().split("\n\n")
    assert (end, rest) == ("data: [DONE]", "")
    parsed: list[dict[str, Any]] = []
    for event in found:
        name, data = event.split("\n")
        parsed.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {parsed[-1]['type']}"
    return parsed


def test_it_repeats_the_prompt(simulator: Simulator) -> None:
    got = ask(simulator)

    assert got.json == {
        "id": "simulated-1",
        "message": {
            "role": "assistant",
            "content": [{"type": "text", "text": "You said: Hello!"}],
        },
        "finish_reason": "COMPLETE",
        "usage": {
            "billed_units": {"input_tokens": 1, "output_tokens": 3},
            "tokens": {"input_tokens": 1, "output_tokens": 3, "reasoning_tokens": 0},
            "cached_tokens": 0,
        },
    }
    assert got.headers["x-debug-trace-id"] == "req_1"


def test_billed_tokens_can_differ_from_used_tokens(simulator: Simulator) -> None:
    usage = Usage(input_tokens=9, output_tokens=8, billed_input_tokens=3, billed_output_tokens=2)
    simulator.queue(ChatResponse(message=assistant("Yes."), usage=usage))

    reported_usage = ask(simulator).json["usage"]
    assert reported_usage["billed_units"] == {"input_tokens": 3, "output_tokens": 2}
    assert reported_usage["tokens"] == {
        "input_tokens": 9,
        "output_tokens": 8,
        "reasoning_tokens": 0,
    }


def test_it_streams_blocks_and_calls(simulator: Simulator) -> None:
    simulator.queue((ReasoningPart("Hm, hm."), "Well, yes.", RefusalPart("Or no."), OSLO))
    found = events(ask(simulator, stream=True))

    assert [event["type"] for event in found if "delta" not in event["type"]] == [
        "message-start",
        *["content-start", "content-end"] * 3,
        "tool-call-start",
        "tool-call-end",
        "message-end",
    ]
    deltas = [event["delta"]["message"] for event in found if event["type"] == "content-delta"]
    assert "".join(delta["content"].get("thinking", "") for delta in deltas) == "Hm, hm."
    assert "".join(delta["content"].get("text", "") for delta in deltas) == "Well, yes.Or no."
    calls = [event["delta"]["message"] for event in found if event["type"] == "tool-call-delta"]
    written = "".join(delta["tool_calls"]["function"]["arguments"] for delta in calls)
    assert written == '{"city": "Oslo"}'
    assert found[-1]["delta"]["finish_reason"] == "TOOL_CALL"


def test_whole_and_streamed_responses_have_equal_blocks(simulator: Simulator) -> None:
    simulator.queue((ReasoningPart("Hm."), "Yes.", ImagePart(data=b"x"), OSLO))

    assert ask(simulator).json["message"] == {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Yes."}],
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
            }
        ],
    }


def test_it_counts_the_cache_with_the_input(simulator: Simulator) -> None:
    usage = Usage(input_tokens=100, cached_input_tokens=60, output_tokens=5)
    simulator.queue(ChatResponse(message=assistant("Yes."), usage=usage))
    counted = ask(simulator).json["usage"]

    assert (counted["tokens"]["input_tokens"], counted["cached_tokens"]) == (100, 60)


@pytest.mark.parametrize(
    ("choice", "called"),
    [(None, ["weather", "clock"]), ("REQUIRED", ["weather", "clock"]), ("NONE", [])],
)
def test_it_obeys_the_choice_of_tools(
    simulator: Simulator, choice: str | None, called: list[str]
) -> None:
    message = ask(simulator, tools=[WEATHER, CLOCK], tool_choice=choice).json["message"]

    assert [call["function"]["name"] for call in message.get("tool_calls", ())] == called


def test_it_repeats_the_results_of_tools(simulator: Simulator) -> None:
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "Oslo?"}]},
        {"role": "assistant", "tool_calls": [{"id": "1"}, {"id": "2"}]},
        {"role": "tool", "tool_call_id": "1", "content": "rain"},
        {
            "role": "tool",
            "tool_call_id": "2",
            "content": [{"type": "document", "document": {"data": {"sky": "blue"}}}],
        },
    ]
    got = ask(simulator, messages=messages, tools=[WEATHER]).json

    text = 'The tools returned: rain / {"sky":"blue"}'
    assert got["message"]["content"] == [{"type": "text", "text": text}]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"type": "json_object", "schema": SCHEMA}, '{"city":"city"}'),
        ({"type": "json_object"}, "{}"),
        ({"type": "text"}, "You said: Hello!"),
    ],
)
def test_output_conforms_to_the_requested_schema(
    simulator: Simulator, form: Any, text: str
) -> None:
    got = ask(simulator, response_format=form).json

    assert got["message"]["content"] == [{"type": "text", "text": text}]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"messages": []}, "messages must not be empty"),
        ({"model": None}, "does not match the API's schema"),
        ({"tool_choice": "AUTO"}, "tool_choice 'AUTO'"),
        (
            {"tools": [WEATHER], "response_format": {"type": "json_object"}},
            "response_format is unsupported with tools",
        ),
        (
            {"documents": ["The sky."], "response_format": {"type": "json_object"}},
            "response_format is unsupported with documents",
        ),
    ],
)
def test_an_invalid_request_is_refused(
    simulator: Simulator, body: dict[str, Any], message: str
) -> None:
    got = ask(simulator, **body)

    assert got.status == 400
    assert message in got.json["message"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"authorization": "Bearer k"}, 200), ({"authorization": "Basic k"}, 401), ({}, 401)],
)
def test_tokens_are_accepted(simulator: Simulator, headers: dict[str, str], status: int) -> None:
    assert request(simulator, "GET", "/v1/models?page_size=1", headers=headers).status == status


def test_it_lists_its_models(simulator: Simulator) -> None:
    simulator.models = ("one", "two")
    listed = request(simulator, "GET", "/v1/models?endpoint=chat").json

    assert [record["name"] for record in listed["models"]] == ["one", "two"]


def test_errors_within_a_stream_have_the_format_of_the_api(simulator: Simulator) -> None:
    simulator.queue(FAULTS["error-in-stream"])
    found = ask(simulator, stream=True).content.decode()

    assert '"finish_reason":"ERROR"' in found.rpartition("data: ")[2]


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_can_be_empty(simulator: Simulator, stream: bool) -> None:
    simulator.queue(FAULTS["empty-choices"])
    got = ask(simulator, stream=stream)

    assert b'"content":[]' in got.content
    assert b"finish_reason" not in got.content


def test_the_message_reports_a_prompt_that_is_too_long() -> None:
    response = CohereChat().error(ErrorCode.CONTEXT_LENGTH_EXCEEDED, 400, "simulated")

    assert b"too many tokens" in response.content


def test_the_schema_is_read_under_the_name_of_the_official_client(
    simulator: Simulator,
) -> None:
    form = {"type": "json_object", "json_schema": SCHEMA | {"required": ["city"]}}
    message = ask(simulator, response_format=form).json["message"]
    assert json.loads(message["content"][0]["text"]) == {"city": "city"}


def test_models_are_listed_for_the_official_client(simulator: Simulator) -> None:
    headers = {"authorization": "Bearer k", "x-fern-sdk-name": "cohere"}
    got = request(simulator, "GET", "/v1/models", None, headers)
    assert [model["name"] for model in got.json["models"]] == list(simulator.models)

"""Simulated responses of Anthropic's Messages API."""

import json
from typing import Any

import pytest
from client import Got, request

from chatmodels.core import (
    ChatResponse,
    ErrorCode,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    Usage,
    assistant,
)
from chatmodels.testing import FAULTS, Simulator
from chatmodels.testing._protocols.anthropic_messages import AnthropicMessages

HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
OSLO = ToolCall("call_1", "weather", '{"city": "Oslo"}')
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
CLOSED = SCHEMA | {"additionalProperties": False}
WEATHER = {"name": "weather", "input_schema": SCHEMA}
CLOCK = {"name": "clock", "input_schema": {"type": "object"}}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}


def ask(simulator: Simulator, headers: dict[str, str] = HEADERS, **body: Any) -> Got:
    payload = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello!"}]}
    data = json.dumps(payload | body).encode()
    return request(simulator, "POST", "/v1/messages", data, headers)


def events(got: Got) -> list[dict[str, Any]]:
    found = []
    for event in got.content.decode().split("\n\n")[:-1]:
        name, data = event.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


def test_it_repeats_the_prompt(simulator: Simulator) -> None:
    got = ask(simulator, system="Be brief.")

    assert got.status == 200
    assert got.json == {
        "id": "simulated-1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": "You said: Hello!"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            "input_tokens": 3,
            "cache_read_input_tokens": 0,
            "cache_creation_input_tokens": 0,
            "output_tokens": 3,
            "output_tokens_details": {"thinking_tokens": 0},
            "service_tier": "standard",
        },
    }
    assert got.headers["request-id"] == "req_1"


def test_it_streams_blocks(simulator: Simulator) -> None:
    simulator.queue((ReasoningPart("Hm, hm."), "Well, yes.", OSLO))
    found = events(ask(simulator, stream=True))

    assert [event["type"] for event in found if event["type"] != "content_block_delta"] == [
        "message_start",
        *["content_block_start", "content_block_stop"] * 3,
        "message_delta",
        "message_stop",
    ]
    assert found[0]["message"]["content"] == []
    deltas = [event["delta"] for event in found if event["type"] == "content_block_delta"]
    assert [delta.get("thinking") for delta in deltas[:2]] == ["Hm,", " hm."]
    assert deltas[2] == {"type": "signature_delta", "signature": "simulated"}
    assert "".join(delta.get("text", "") for delta in deltas) == "Well, yes."
    assert "".join(delta.get("partial_json", "") for delta in deltas) == '{"city": "Oslo"}'
    assert found[-2]["delta"]["stop_reason"] == "tool_use"


def test_whole_and_streamed_responses_have_equal_blocks(simulator: Simulator) -> None:
    simulator.queue((ReasoningPart("Hm."), "Yes.", OSLO))

    assert ask(simulator).json["content"] == [
        {"type": "thinking", "thinking": "Hm.", "signature": "simulated"},
        {"type": "text", "text": "Yes."},
        {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Oslo"}},
    ]


def test_refusals_have_the_format_of_the_api(simulator: Simulator) -> None:
    simulator.queue(RefusalPart("Not this."))
    got = ask(simulator).json

    assert (got["content"], got["stop_reason"]) == ([], "refusal")
    assert got["stop_details"] == {"type": "refusal", "explanation": "Not this."}


def test_it_counts_the_cache_beside_the_input(simulator: Simulator) -> None:
    usage = Usage(input_tokens=100, cached_input_tokens=60, cache_write_tokens=30, output_tokens=5)
    simulator.queue(ChatResponse(message=assistant("Yes."), usage=usage))
    counted = ask(simulator).json["usage"]

    assert counted["input_tokens"] == 10
    assert counted["cache_read_input_tokens"] == 60
    assert counted["cache_creation_input_tokens"] == 30


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        (None, ["weather", "clock"]),
        ({"type": "auto"}, ["weather", "clock"]),
        ({"type": "any"}, ["weather", "clock"]),
        ({"type": "tool", "name": "clock"}, ["clock"]),
        ({"type": "none"}, []),
    ],
)
def test_it_obeys_the_choice_of_tools(simulator: Simulator, choice: Any, called: list[str]) -> None:
    got = ask(simulator, tools=[WEATHER, CLOCK, SEARCH], tool_choice=choice).json

    calls = [block["name"] for block in got["content"] if block["type"] == "tool_use"]
    assert calls == called


def test_it_repeats_the_results_of_tools(simulator: Simulator) -> None:
    results = [
        {"type": "tool_result", "tool_use_id": "1", "content": "rain"},
        {"type": "tool_result", "tool_use_id": "2", "content": [{"type": "text", "text": "sun"}]},
        {"type": "tool_result", "tool_use_id": "3"},
    ]
    calls = [
        {"type": "tool_use", "id": id_, "name": "weather", "input": {}} for id_ in ("1", "2", "3")
    ]
    messages = [
        {"role": "user", "content": "Oslo?"},
        {"role": "assistant", "content": calls},
        {"role": "user", "content": results},
    ]

    got = ask(simulator, messages=messages, tools=[WEATHER]).json
    assert got["content"] == [{"type": "text", "text": "The tools returned: rain / sun / "}]


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"format": {"type": "json_schema", "schema": CLOSED}}, '{"city":"city"}'),
        ({"effort": "low"}, "You said: Hello!"),
    ],
)
def test_output_conforms_to_the_requested_schema(
    simulator: Simulator, config: Any, text: str
) -> None:
    got = ask(simulator, output_config=config).json

    assert got["content"] == [{"type": "text", "text": text}]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-api-key": "k"}, 200),
        ({"authorization": "Bearer k"}, 200),
        ({"authorization": "Basic k"}, 401),
        ({"x-api-key": "bad"}, 401),
        ({}, 401),
    ],
)
def test_keys_and_tokens_are_accepted(
    simulator: Simulator, headers: dict[str, str], status: int
) -> None:
    got = ask(simulator, headers={"anthropic-version": "2023-06-01", **headers})

    assert got.status == status
    if status == 401:
        assert got.json["error"]["type"] == "authentication_error"


@pytest.mark.parametrize(
    ("body", "headers", "message"),
    [
        ({}, {"x-api-key": "k"}, "anthropic-version: header is required"),
        ({"messages": []}, HEADERS, "messages: at least one message is required"),
        ({"max_tokens": None}, HEADERS, "does not match the API's schema"),
        ({"tool_choice": {"type": "never"}}, HEADERS, "tool_choice"),
    ],
)
def test_an_invalid_request_is_refused(
    simulator: Simulator, body: dict[str, Any], headers: dict[str, str], message: str
) -> None:
    got = ask(simulator, headers=headers, **body)

    assert got.status == 400
    assert got.json["error"]["type"] == "invalid_request_error"
    assert message in got.json["error"]["message"]


def test_it_lists_its_models(simulator: Simulator) -> None:
    simulator.models = ("one", "two")
    listed = request(simulator, "GET", "/v1/models?limit=1000", headers=HEADERS).json
    one = request(simulator, "GET", "/v1/models/one", headers=HEADERS).json
    none = request(simulator, "GET", "/v1/models/three", headers=HEADERS)

    assert [record["id"] for record in listed["data"]] == ["one", "two"]
    assert one == listed["data"][0]
    assert (none.status, none.json["error"]["type"]) == (404, "not_found_error")


def test_other_requests_are_refused(simulator: Simulator) -> None:
    assert request(simulator, "DELETE", "/v1/models/one", headers=HEADERS).status == 404


def test_errors_within_a_stream_have_the_format_of_the_api(simulator: Simulator) -> None:
    simulator.queue(FAULTS["error-in-stream"])
    found = events(ask(simulator, stream=True))

    assert found[-1]["type"] == "error"
    assert found[-1]["error"]["type"] == "api_error"


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_can_be_empty(simulator: Simulator, stream: bool) -> None:
    simulator.queue(FAULTS["empty-choices"])
    got = ask(simulator, stream=stream)

    message = events(got)[0]["message"] if stream else got.json
    assert (message["content"], message["stop_reason"]) == ([], None)


def test_the_message_reports_a_prompt_that_is_too_long() -> None:
    response = AnthropicMessages().error(ErrorCode.CONTEXT_LENGTH_EXCEEDED, 400, "simulated")

    assert b"prompt is too long" in response.content


def test_earlier_text_counts_as_input(simulator: Simulator) -> None:
    simulator.queue((TextPart("a"), TextPart("b")))
    assert [block["text"] for block in ask(simulator).json["content"]] == ["a", "b"]


def test_an_overload_has_a_type_of_its_own(simulator: Simulator) -> None:
    simulator.queue(FAULTS["overloaded"])
    got = ask(simulator)
    assert (got.status, got.json["error"]["type"]) == (529, "overloaded_error")

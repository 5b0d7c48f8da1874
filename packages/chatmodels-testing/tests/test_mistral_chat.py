"""Simulated responses of Mistral's chat completions."""

import json
from typing import Any

import pytest
from client import Got, request

from chatmodels.core import ReasoningPart, RefusalPart, ToolCall
from chatmodels.testing import FAULTS, Simulator

HEADERS = {"authorization": "Bearer k"}
OSLO = ToolCall("D681PevKs", "weather", '{"city": "Oslo"}')
USAGE = {
    "prompt_tokens": 1,
    "completion_tokens": 3,
    "total_tokens": 4,
    "prompt_tokens_details": {"cached_tokens": 0},
    "service_tier": "standard",
}


def ask(simulator: Simulator, **body: Any) -> Got:
    payload = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}
    data = json.dumps(payload | body, separators=(",", ":")).encode()
    return request(simulator, "POST", "/mistral/v1/chat/completions", data, HEADERS)


def chunks(got: Got) -> list[dict[str, Any]]:
    *lines, done, last = got.content.decode().split("\n\n")
    assert (done, last) == ("data: [DONE]", "")
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def test_it_repeats_the_prompt(simulator: Simulator) -> None:
    got = ask(simulator)

    assert got.json == {
        "id": "simulated-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "You said: Hello!",
                    "tool_calls": None,
                },
                "finish_reason": "stop",
            }
        ],
        "usage": USAGE,
    }
    assert got.headers["mistral-correlation-id"] == "req_1"


def test_reasoning_is_a_part_of_the_content(simulator: Simulator) -> None:
    simulator.queue((ReasoningPart("Hm."), "Well."), ReasoningPart("Hm."))
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "closed": True}
    text = {"type": "text", "text": "Well."}

    assert ask(simulator).json["choices"][0]["message"]["content"] == [thinking, text]
    assert ask(simulator).json["choices"][0]["message"]["content"] == [thinking]


def test_a_stream_has_content_in_parts_and_as_text_and_calls_without_positions(
    simulator: Simulator,
) -> None:
    simulator.queue((ReasoningPart("Hm."), "Well, yes.", OSLO))
    found = chunks(ask(simulator, stream=True))
    choices = [chunk["choices"][0] for chunk in found]

    assert [choice["delta"] for choice in choices] == [
        {"role": "assistant", "content": ""},
        {
            "content": [
                {
                    "type": "thinking",
                    "thinking": [{"type": "text", "text": "Hm."}],
                    "closed": True,
                }
            ]
        },
        {"content": "Well,"},
        {"content": " yes."},
        {
            "tool_calls": [
                {
                    "id": "D681PevKs",
                    "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
                }
            ]
        },
        {"content": ""},
    ]
    assert [choice["finish_reason"] for choice in choices] == [None] * 5 + ["tool_calls"]
    assert ["usage" in chunk for chunk in found] == [False] * 5 + [True]


def test_a_refusal_is_mere_text(simulator: Simulator) -> None:
    simulator.queue(RefusalPart("I will not."))
    assert ask(simulator).json["choices"][0]["message"]["content"] == "I will not."


def test_any_tool_can_be_required(simulator: Simulator) -> None:
    tool = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}}
    history = [
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "D681PevKs"}]},
        {"role": "tool", "tool_call_id": "D681PevKs", "content": "7"},
    ]
    got = ask(simulator, messages=history, tools=[tool], tool_choice="any")
    (call,) = got.json["choices"][0]["message"]["tool_calls"]
    assert call["function"]["name"] == "clock"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        pytest.param({"role": "user", "content": "?", "name": "Ann"}, "name", id="a field"),
        pytest.param({"role": "oracle", "content": "?"}, "role", id="a role"),
        pytest.param({"role": "assistant", "content": "One,"}, "Expected last role", id="order"),
        pytest.param({"role": "assistant", "content": ""}, "either content", id="nothing"),
        pytest.param(
            {"role": "tool", "content": "7", "tool_call_id": "call_1"}, "length of 9", id="id"
        ),
        pytest.param(
            {"role": "assistant", "tool_calls": [{"id": "call/1234"}]}, "length of 9", id="call"
        ),
        pytest.param({"role": "assistant", "tool_calls": [{}]}, "length of 9", id="no id"),
    ],
)
def test_messages_that_mistral_refuses_are_refused(
    simulator: Simulator, message: dict[str, Any], words: str
) -> None:
    got = ask(simulator, messages=[message])
    assert got.status == 400
    assert got.json["type"] == "invalid_request_error"
    assert words in got.json["message"]


def test_a_last_message_of_the_assistant_may_be_continued(simulator: Simulator) -> None:
    prefix = {"role": "assistant", "content": "One,", "prefix": True}
    assert ask(simulator, messages=[prefix]).status == 200


def test_failures_have_mistrals_formats(simulator: Simulator) -> None:
    simulator.queue(FAULTS["rate-limited"])
    got = ask(simulator)
    assert (got.status, got.json["type"], got.json["raw_status_code"]) == (429, "rate_limited", 429)
    path = "/mistral/v1/chat/completions"
    refused = request(simulator, "POST", path, b"{}", {})
    assert refused.status == 401
    assert set(refused.json) == {"detail"}


def test_a_response_can_be_empty_and_an_error_can_arrive_within_a_stream(
    simulator: Simulator,
) -> None:
    simulator.queue(FAULTS["empty-choices"], FAULTS["empty-choices"], FAULTS["error-in-stream"])
    assert ask(simulator).json["choices"] == []
    assert chunks(ask(simulator, stream=True))[0]["choices"] == []
    assert b'"object":"error"' in ask(simulator, stream=True).content


def test_models_are_listed_with_their_capabilities(simulator: Simulator) -> None:
    got = request(simulator, "GET", "/mistral/v1/models", b"", HEADERS)
    assert [card["id"] for card in got.json["data"]] == list(simulator.models)
    assert got.json["data"][0]["capabilities"]["completion_chat"] is True
    assert request(simulator, "GET", "/mistral/v1/agents", b"", HEADERS).status == 404


def test_calls_have_ids_that_are_accepted_back(simulator: Simulator) -> None:
    simulator.queue(ToolCall("call_1", "weather"), ToolCall("call_2", "weather"))
    ids = [ask(simulator).json["choices"][0]["message"]["tool_calls"][0]["id"] for _ in range(2)]
    tools = [{"type": "function", "function": {"name": "weather"}}]
    ids += [
        call["id"]
        for call in ask(simulator, tools=tools).json["choices"][0]["message"]["tool_calls"]
    ]
    assert len(set(ids)) == 3
    for given in ids:
        called = {"role": "assistant", "content": "", "tool_calls": [{"id": given}]}
        result = {"role": "tool", "tool_call_id": given, "content": "7"}
        question = {"role": "user", "content": "?"}
        assert ask(simulator, messages=[question, called, result]).status == 200

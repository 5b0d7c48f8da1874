"""Simulated responses of Ollama's API."""

import json
from typing import Any

import pytest
from client import Got, request

from chatmodels.core import ErrorCode, ReasoningPart, RefusalPart, ToolCall
from chatmodels.testing import FAULTS, Simulator
from chatmodels.testing._protocols.ollama_chat import OllamaChat

OSLO = ToolCall("call_1", "weather", '{"city": "Oslo"}')
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
CLOCK = {"type": "function", "function": {"name": "clock"}}
CALL = {"id": "call_1", "function": {"name": "weather", "arguments": {"city": "Oslo"}}}


def post(simulator: Simulator, path: str, body: Any, headers: dict[str, str]) -> Got:
    return request(simulator, "POST", path, json.dumps(body).encode(), headers)


def ask(simulator: Simulator, **body: Any) -> Got:
    payload = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}], "stream": False}
    return post(simulator, "/api/chat", payload | body, {})


def lines(got: Got) -> list[dict[str, Any]]:
    return [json.loads(line) for line in got.content.decode().splitlines()]


def test_it_repeats_the_prompt(simulator: Simulator) -> None:
    assert ask(simulator).json == {
        "model": "m",
        "created_at": "2025-11-14T22:13:20.123456Z",
        "message": {"role": "assistant", "content": "You said: Hello!"},
        "done": True,
        "done_reason": "stop",
        "total_duration": 2_000_000,
        "load_duration": 1_000_000,
        "prompt_eval_count": 1,
        "prompt_eval_duration": 400_000,
        "eval_count": 3,
        "eval_duration": 600_000,
    }


def test_lines_are_streamed_by_default(simulator: Simulator) -> None:
    simulator.queue((ReasoningPart("Hm, hm."), "Well, yes.", RefusalPart(" Or no."), OSLO))
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}
    got = post(simulator, "/api/chat", body, {})
    found = [line["message"] for line in lines(got)]

    assert got.headers["content-type"] == "application/x-ndjson"
    assert "".join(message.get("thinking", "") for message in found) == "Hm, hm."
    assert "".join(message["content"] for message in found) == "Well, yes. Or no."
    assert [message["tool_calls"] for message in found if "tool_calls" in message] == [[CALL]]
    assert [line["done"] for line in lines(got)][-2:] == [False, True]


def test_whole_and_streamed_responses_have_equal_messages(simulator: Simulator) -> None:
    simulator.queue((ReasoningPart("Hm."), "Yes.", OSLO))

    assert ask(simulator).json["message"] == {
        "role": "assistant",
        "content": "Yes.",
        "thinking": "Hm.",
        "tool_calls": [CALL],
    }


def test_it_calls_the_tools_and_repeats_their_results(simulator: Simulator) -> None:
    first = ask(simulator, tools=[WEATHER, CLOCK]).json["message"]
    history = [
        {"role": "user", "content": "Oslo?"},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "content": "rain", "tool_name": "weather"},
    ]
    second = ask(simulator, tools=[WEATHER], messages=history).json["message"]

    assert [call["function"]["name"] for call in first["tool_calls"]] == ["weather", "clock"]
    assert second["content"] == "The tools returned: rain"


@pytest.mark.parametrize(
    ("form", "text"), [(SCHEMA, '{"city":"city"}'), ("json", "{}"), ("", "You said: Hello!")]
)
def test_output_conforms_to_the_requested_schema(
    simulator: Simulator, form: Any, text: str
) -> None:
    assert ask(simulator, format=form).json["message"]["content"] == text


def test_arguments_that_are_text_are_refused(simulator: Simulator) -> None:
    call = {"function": {"name": "weather", "arguments": "{}"}}
    got = ask(simulator, messages=[{"role": "assistant", "tool_calls": [call]}])

    assert got.status == 400
    assert "does not match the API's schema" in got.json["error"]


def test_a_key_is_optional_and_bad_ones_are_refused(simulator: Simulator) -> None:
    bad = {"authorization": "Bearer bad"}

    assert request(simulator, "GET", "/api/version", headers={}).json == {"version": "0.40.12"}
    assert request(simulator, "GET", "/api/version", headers=bad).status == 401


def test_it_lists_its_models(simulator: Simulator) -> None:
    simulator.models = ("one", "two")
    listed = request(simulator, "GET", "/api/tags", headers={}).json

    assert [record["name"] for record in listed["models"]] == ["one", "two"]


@pytest.mark.parametrize(
    ("model", "last"),
    [
        ("qwen3", {"status": "success"}),
        ("missing", {"error": "pull model manifest: file does not exist"}),
    ],
)
def test_it_pulls_models(simulator: Simulator, model: str, last: dict[str, str]) -> None:
    got = post(simulator, "/api/pull", {"model": model}, {})

    assert lines(got)[0] == {"status": "pulling manifest"}
    assert lines(got)[-1] == last


def test_errors_within_a_stream_have_the_format_of_the_api(simulator: Simulator) -> None:
    simulator.queue(FAULTS["error-in-stream"])

    assert list(lines(ask(simulator, stream=True))[-1]) == ["error"]


def test_blank_lines_keep_a_connection_alive(simulator: Simulator) -> None:
    simulator.queue(FAULTS["keep-alive-comments"])

    assert b"\n\n" in ask(simulator, stream=True).content


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_can_be_empty(simulator: Simulator, stream: bool) -> None:
    simulator.queue(FAULTS["empty-choices"])

    assert "message" not in ask(simulator, stream=stream).json


def test_the_message_reports_a_prompt_that_is_too_long() -> None:
    response = OllamaChat().error(ErrorCode.CONTEXT_LENGTH_EXCEEDED, 400, "simulated")

    assert b"context length" in response.content


@pytest.mark.parametrize(("model", "status"), [("qwen3", 200), ("missing", 500)])
def test_a_pull_without_streaming_returns_one_object(
    simulator: Simulator, model: str, status: int
) -> None:
    got = post(simulator, "/api/pull", {"model": model, "stream": False}, {})
    assert got.status == status
    assert got.json.keys() == ({"status"} if status == 200 else {"error"})

"""Message threads of Anthropic's API: a request that continues one has the new messages alone."""

import json
from typing import Any

import pytest
from client import Got, request

from chatmodels.core import ReasoningPart, ToolCall
from chatmodels.testing import Simulator

HEADERS = {
    "x-api-key": "k",
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "other-2026-01-01,message-threads-2026-08-12",
}
HELLO = {"role": "user", "content": "Hello"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS = [{"name": "weather", "input_schema": SCHEMA}]
RESULT = {"type": "tool_result", "tool_use_id": "call_1", "content": "7 degrees"}
ANSWERED = {"role": "user", "content": [RESULT]}


def send(simulator: Simulator, *messages: Any, headers: Any = HEADERS, **fields: Any) -> Got:
    body = {"model": "claude-sonnet-5-5", "max_tokens": 99, "messages": messages} | fields
    return request(simulator, "POST", "/v1/messages", json.dumps(body).encode(), headers)


def following(got: Got) -> dict[str, str]:
    return {"type": "continue", "previous_message_id": got.json["id"]}


def test_a_thread_is_continued_with_the_new_messages(simulator: Simulator) -> None:
    simulator.queue((ReasoningPart("Look."), ToolCall("call_1", "weather", '{"city": "Oslo"}')))
    first = send(simulator, HELLO, tools=TOOLS, system="Be brief.", thread={"type": "create"})
    second = send(simulator, ANSWERED, thread=following(first))
    third = send(simulator, HELLO, thread=following(second))

    assert second.json["content"][0]["text"] == "The tools returned: 7 degrees"
    assert second.json["usage"]["input_tokens"] == 3  # with those before it
    assert third.json["stop_reason"] == "tool_use"  # the tools are those of the thread
    assert simulator.requests[1]["messages"] == [ANSWERED]


def test_a_stream_continues_a_thread_too(simulator: Simulator) -> None:
    first = send(simulator, HELLO, thread={"type": "create"}, stream=True)
    started = json.loads(first.content.partition(b"data: ")[2].partition(b"\n")[0])
    thread = {"type": "continue", "previous_message_id": started["message"]["id"]}

    assert send(simulator, HELLO, thread=thread).status == 200


def test_an_unknown_thread_is_a_reason_to_send_everything(simulator: Simulator) -> None:
    plain = send(simulator, HELLO)
    for thread in (following(plain), {"type": "continue", "previous_message_id": "msg_1"}):
        got = send(simulator, HELLO, thread=thread)

        assert got.status == 404
        assert got.json["error"]["type"] == "not_found_error"
        assert got.json["error"]["details"] == {"error_code": "thread_not_found"}


def test_a_history_that_does_not_fit_is_refused(simulator: Simulator) -> None:
    first = send(simulator, HELLO, thread={"type": "create"})

    assert (
        "unexpected `tool_use_id`"
        in send(simulator, ANSWERED, thread=following(first)).json["error"]["message"]
    )


@pytest.mark.parametrize("thread", [{"type": "create"}, {"type": "other"}, None])
def test_other_values_do_not_continue_a_thread(simulator: Simulator, thread: Any) -> None:
    assert send(simulator, HELLO, thread=thread).status == 200


def test_a_thread_needs_its_beta(simulator: Simulator) -> None:
    headers = {name: value for name, value in HEADERS.items() if name != "anthropic-beta"}
    got = send(simulator, HELLO, headers=headers, thread={"type": "create"})

    assert got.status == 400
    assert got.json["error"]["message"] == "thread: Extra inputs are not permitted"


def test_a_body_that_is_not_json_has_no_thread(simulator: Simulator) -> None:
    got = request(simulator, "POST", "/v1/messages", b'["thread"', HEADERS)

    assert got.status == 400

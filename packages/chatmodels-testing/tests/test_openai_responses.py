"""Simulated responses of OpenAI's Responses API."""

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
from chatmodels.testing._protocols.openai_responses import OpenAIResponses
from chatmodels.testing._protocols.protocol import StoringProtocol

HEADERS = {"authorization": "Bearer k"}
OSLO = ToolCall("call_1", "weather", '{"city": "Oslo"}')
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = {"type": "function", "name": "weather", "parameters": SCHEMA}
CLOCK = {"type": "function", "name": "clock", "strict": False}
CALL = {"type": "function_call", "call_id": "c", "name": "clock", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c", "output": "noon"}


def ask(simulator: Simulator, headers: dict[str, str] = HEADERS, **body: Any) -> Got:
    data = json.dumps({"model": "m", "input": "Hello!"} | body).encode()
    return request(simulator, "POST", "/v1/responses", data, headers)


def events(got: Got) -> list[dict[str, Any]]:
    found = []
    for event in got.content.decode().split("\n\n")[:-1]:
        name, data = event.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


def test_it_repeats_the_prompt(simulator: Simulator) -> None:
    got = ask(simulator, instructions="Be brief.")

    assert got.status == 200
    assert got.headers["x-request-id"] == "req_1"
    text = {"type": "output_text", "text": "You said: Hello!", "annotations": [], "logprobs": []}
    assert got.json["output"] == [
        {
            "type": "message",
            "id": "msg_0",
            "status": "completed",
            "role": "assistant",
            "content": [text],
        }
    ]
    assert (got.json["id"], got.json["status"]) == ("simulated-1", "completed")
    assert got.json["usage"] == {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 3,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 6,
    }


def test_it_streams_items(simulator: Simulator) -> None:
    reply = (ReasoningPart("Hm, hm."), "Well, yes.", RefusalPart("No."), OSLO, ImagePart(url="u"))
    simulator.queue(reply, reply)
    found = events(ask(simulator, stream=True))

    kinds = [event["type"] for event in found if not event["type"].endswith(".delta")]
    item = ["response.output_item.added", "response.output_item.done"]
    part = ["response.content_part.added", "response.content_part.done"]

    def message(kind: str) -> list[str]:
        return [item[0], part[0], f"response.{kind}.done", part[1], item[1]]

    call = [item[0], "response.function_call_arguments.done", item[1]]
    assert kinds == [
        "response.created",
        "response.in_progress",
        item[0],
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        item[1],
        *message("output_text"),
        *message("refusal"),
        *call,
        "response.completed",
    ]
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    deltas = [(e["output_index"], e["delta"]) for e in found if e["type"].endswith(".delta")]
    assert deltas[:2] == [(0, "Hm,"), (0, " hm.")]
    assert "".join(delta for place, delta in deltas if place == 3) == '{"city": "Oslo"}'
    started = [event["item"] for event in found if event["type"] == item[0]]
    assert [
        each.get("summary", each.get("content", each.get("arguments"))) for each in started
    ] == [
        [],
        [],
        [],
        "",
    ]
    whole = ask(simulator).json
    assert found[-1]["response"] == whole | {"id": "simulated-1"}
    assert [each["type"] for each in whole["output"]] == [
        "reasoning",
        "message",
        "message",
        "function_call",
    ]


@pytest.mark.parametrize(
    ("reason", "status", "details"),
    [
        ("stop", "completed", None),
        ("length", "incomplete", {"reason": "max_output_tokens"}),
        ("content_filter", "incomplete", {"reason": "content_filter"}),
    ],
)
def test_responses_have_a_status(
    simulator: Simulator, reason: Any, status: str, details: dict[str, str] | None
) -> None:
    usage = Usage(input_tokens=9, cached_input_tokens=4, cache_write_tokens=2, output_tokens=1)
    original = ChatResponse(message=assistant("Yes."), finish_reason=reason, usage=usage)
    simulator.queue(original, original)

    got = ask(simulator).json
    assert (got["status"], got["incomplete_details"]) == (status, details)
    assert got["usage"]["input_tokens_details"] == {"cached_tokens": 4, "cache_write_tokens": 2}
    assert events(ask(simulator, stream=True))[-1]["type"] == f"response.{status}"


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        (None, ["weather", "clock"]),
        ("required", ["weather", "clock"]),
        ({"type": "function", "name": "clock"}, ["clock"]),
        ("none", []),
    ],
)
def test_it_calls_tools(simulator: Simulator, choice: object, called: list[str]) -> None:
    tools = [WEATHER, CLOCK, {"type": "web_search"}]
    got = ask(simulator, tools=tools, tool_choice=choice).json["output"]
    assert [item["name"] for item in got if item["type"] == "function_call"] == called


def test_it_repeats_the_results_of_tools(simulator: Simulator) -> None:
    reply = [{"role": "user", "content": [{"type": "input_text", "text": "Now?"}]}, CALL, RESULT]
    got = ask(simulator, input=reply, tools=[CLOCK]).json
    assert got["output"][0]["content"][0]["text"] == "The tools returned: noon"


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([RESULT], "No tool call found for function call output with call_id c."),
        ([CALL], "No tool output found for function call c."),
    ],
)
def test_calls_and_results_belong_together(
    simulator: Simulator, items: list[object], message: str
) -> None:
    got = ask(simulator, input=items)
    assert (got.status, got.json["error"]["message"]) == (400, message)
    stored = ask(simulator).json["id"]
    assert ask(simulator, input=[RESULT], previous_response_id=stored).status == 200


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"type": "json_schema", "name": "o", "schema": SCHEMA}, '{"city":'),
        ({"type": "json_object"}, "{}"),
        ({"type": "text"}, "You said"),
        (None, "You said"),
    ],
)
def test_output_conforms_to_the_requested_schema(
    simulator: Simulator, form: object, text: str
) -> None:
    got = ask(simulator, text={"format": form}).json
    assert got["output"][0]["content"][0]["text"].startswith(text)


def get(simulator: Simulator, path: str) -> Got:
    return request(simulator, "GET", f"/v1{path}", b"", HEADERS)


def test_a_run_in_the_background_is_fetched_when_it_is_done(simulator: Simulator) -> None:
    queued = ask(simulator, background=True).json
    assert (queued["status"], queued["output"]) == ("queued", [])

    done = get(simulator, f"/responses/{queued['id']}").json
    assert done["status"] == "completed"
    assert done["output"][0]["content"][0]["text"] == "You said: Hello!"
    original = events(get(simulator, f"/responses/{queued['id']}?stream=true"))
    assert original[-1]["response"] == done


def test_responses_that_are_not_stored_are_not_found(simulator: Simulator) -> None:
    known = ask(simulator, store=False).json["id"]
    assert get(simulator, f"/responses/{known}").status == 404
    assert get(simulator, "/responses/").status == 404
    stored = ask(simulator).json["id"]
    assert get(simulator, f"/responses/{stored}").status == 200
    assert request(simulator, "GET", f"/v1/responses/{stored}", b"", {}).status == 401
    simulator.reset()
    assert get(simulator, f"/responses/{stored}").status == 404


def test_the_models_are_listed_at_the_path_of_chat_completions(simulator: Simulator) -> None:
    assert [model["id"] for model in get(simulator, "/models").json["data"]]


@pytest.mark.parametrize(
    "body", [{"model": 7}, {"input": 7}, {"tool_choice": {"type": "?"}}], ids=repr
)
def test_an_invalid_request_is_refused(simulator: Simulator, body: dict[str, Any]) -> None:
    assert ask(simulator, **body).status == 400


def test_azures_key_is_a_key(simulator: Simulator) -> None:
    assert ask(simulator, {"api-key": "k"}).status == 200
    assert ask(simulator, {}).status == 401


def test_faults_have_the_format_of_the_api(simulator: Simulator) -> None:
    simulator.queue(ErrorCode.RATE_LIMITED, FAULTS["error-in-stream"], FAULTS["empty-choices"])
    limited = ask(simulator)
    assert (limited.status, limited.json["error"]["code"]) == (429, "rate_limit_exceeded")
    broken = events(ask(simulator, stream=True))[-1]
    assert (broken["type"], broken["code"]) == ("error", None)
    assert ask(simulator).json["output"] == []


def test_responses_are_stored_by_id() -> None:
    assert isinstance(OpenAIResponses(), StoringProtocol)
    assert OpenAIResponses.name == "openai.responses"


def test_the_texts_of_a_stream_are_complete_for_the_official_client(simulator: Simulator) -> None:
    found = events(ask(simulator, stream=True))
    by_type = {event["type"]: event for event in found}
    text = {"type": "output_text", "text": "You said: Hello!", "annotations": [], "logprobs": []}
    assert by_type["response.content_part.added"]["part"] == text | {"text": ""}
    assert by_type["response.content_part.done"]["part"] == text
    assert by_type["response.output_text.done"]["text"] == text["text"]
    assert by_type["response.output_text.delta"]["logprobs"] == []
    whole = by_type["response.completed"]["response"]
    assert (whole["parallel_tool_calls"], whole["tool_choice"], whole["tools"]) == (
        True,
        "auto",
        [],
    )

"""Endpoints and fields that the vendors' clients use, beyond text and tools.

`./run sdk-clients` tests them with the clients; these tests need no client.
"""

import json
from typing import Any

import pytest
from client import Got, ask, request

from chatmodels.core import ErrorCode, ReasoningPart, RefusalPart, ToolCall
from chatmodels.testing import FAULTS, Simulator

SQL = {"type": "custom", "custom": {"name": "sql", "description": "A query."}}
WEATHER = {"type": "function", "function": {"name": "weather"}}
CLOCK = {"type": "function", "function": {"name": "clock"}}
BEARER = {"authorization": "Bearer k"}
GOOGLE = {"x-goog-api-key": "k"}


def post(simulator: Simulator, path: str, headers: dict[str, str] = BEARER, **body: Any) -> Got:
    return request(simulator, "POST", path, json.dumps(body).encode(), headers)


def respond(simulator: Simulator, **body: Any) -> Got:
    return post(simulator, "/v1/responses", **{"model": "m", "input": "Hello!"} | body)


def test_several_choices_are_returned_and_streamed(simulator: Simulator) -> None:
    assert [choice["index"] for choice in ask(simulator, n=2).json["choices"]] == [0, 1]
    chunks = ask(simulator, n=2, stream=True, stream_options={"include_usage": True}).events
    assert [chunk["choices"][0]["index"] for chunk in chunks[-3:-1]] == [0, 1]
    assert chunks[-1]["usage"]


def test_the_end_of_a_stream_with_several_choices_can_be_missing(simulator: Simulator) -> None:
    simulator.queue(FAULTS["missing-end"])
    assert b'"finish_reason":"stop"' not in ask(simulator, n=2, stream=True).content


def test_calls_of_custom_tools_have_free_text(simulator: Simulator) -> None:
    broken = ToolCall("call_2", "sql", "SELECT 1")
    simulator.queue(ToolCall("call_1", "sql", '{"input": "SELECT 1"}'), broken)
    for name in ("call_1", "call_2"):
        assert ask(simulator, tools=[SQL]).message["tool_calls"] == [
            {"id": name, "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}}
        ]
    chosen = {"type": "custom", "custom": {"name": "sql"}}
    chunks = ask(simulator, tools=[SQL, CLOCK], tool_choice=chosen, stream=True).events
    deltas = [chunk["choices"][0]["delta"].get("tool_calls", ()) for chunk in chunks]
    assert "".join(call["custom"]["input"] for calls in deltas for call in calls) == "input"


def test_a_choice_can_allow_some_tools(simulator: Simulator) -> None:
    allowed = {"mode": "required", "tools": [CLOCK]}
    choice = {"type": "allowed_tools", "allowed_tools": allowed}
    message = ask(simulator, tools=[WEATHER, CLOCK], tool_choice=choice).message
    assert [call["function"]["name"] for call in message["tool_calls"]] == ["clock"]
    tools = [{"type": "function", "name": "weather"}, {"type": "function", "name": "clock"}]
    choice = {"type": "allowed_tools", "mode": "required", "tools": tools[1:]}
    output = respond(simulator, tools=tools, tool_choice=choice).json["output"]
    assert [item["name"] for item in output] == ["clock"]


def test_the_responses_api_has_custom_tools(simulator: Simulator) -> None:
    tools = [{"type": "custom", "name": "sql"}]
    (call,) = respond(simulator, tools=tools).json["output"]
    assert (call["type"], call["input"]) == ("custom_tool_call", "input")
    assert (
        b"response.custom_tool_call_input.done"
        in respond(simulator, tools=tools, stream=True).content
    )
    output = {"type": "custom_tool_call_output", "call_id": call["call_id"], "output": "1"}
    got = respond(simulator, input=[call, output], tools=tools).json
    assert got["output"][0]["content"][0]["text"] == "The tools returned: 1"


def test_stored_responses_have_further_operations(simulator: Simulator) -> None:
    items = [
        {"role": "user", "content": "Hello!"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "Hi!"}]},
        {"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "o"},
    ]
    path = f"/v1/responses/{respond(simulator, input=items).json['id']}"
    listed = request(simulator, "GET", f"{path}/input_items").json
    assert [item["type"] for item in listed["data"]] == [
        "message",
        "message",
        "function_call",
        "function_call_output",
    ]
    assert listed["data"][0]["content"] == [{"type": "input_text", "text": "Hello!"}]
    assert listed["data"][1]["content"][0]["annotations"] == []
    assert request(simulator, "POST", f"{path}/cancel").json["status"] == "cancelled"
    assert request(simulator, "PUT", path).status == 404
    assert request(simulator, "DELETE", path).json["deleted"]
    assert request(simulator, "GET", path).status == 404
    empty = respond(simulator, input=[]).json["id"]
    assert request(simulator, "GET", f"/v1/responses/{empty}/input_items").json["data"] == []


def test_conversations_are_compacted(simulator: Simulator) -> None:
    got = post(simulator, "/v1/responses/compact", model="m", input="Hello!").json
    assert [item["type"] for item in got["output"]] == ["message", "compaction"]


def test_errors_of_anthropic_contain_the_id_of_the_request(simulator: Simulator) -> None:
    headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    simulator.queue(ErrorCode.RATE_LIMITED, FAULTS["web-page-502"])
    body = {"model": "claude-sonnet-5-5", "max_tokens": 1}
    body["messages"] = [{"role": "user", "content": "Hello!"}]
    got = post(simulator, "/v1/messages", headers, **body)
    assert got.json["request_id"] == got.headers["request-id"]
    assert post(simulator, "/v1/messages", headers, **body).content.startswith(b"<!DOCTYPE")


@pytest.mark.parametrize(
    ("headers", "path", "status", "reason"),
    [
        ({}, "/v1beta/models/m:generateContent", 403, "PERMISSION_DENIED"),
        ({"x-goog-api-key": "bad"}, "/v1beta/models/m:generateContent", 400, "INVALID_ARGUMENT"),
        ({}, "/v1/publishers/google/models/m:generateContent", 401, "UNAUTHENTICATED"),
        ({"authorization": "Bearer bad"}, "/v1beta/models/m:generateContent", 401, "UNAUTH"),
    ],
)
def test_google_has_several_errors_for_keys(
    simulator: Simulator, headers: dict[str, str], path: str, status: int, reason: str
) -> None:
    got = post(simulator, path, headers, contents=[{"parts": [{"text": "Hello!"}]}])
    assert got.status == status
    assert got.json["error"]["status"].startswith(reason)


def test_googles_fields_can_have_the_names_of_protocol_buffers(simulator: Simulator) -> None:
    schema = {"type": "object", "properties": {"two_words": {"type": "string"}}}
    function = {"name": "weather", "parameters_json_schema": schema}
    got = post(
        simulator,
        "/v1beta/models/gemini-3.8-flash:generateContent",
        GOOGLE,
        contents=[{"role": "user", "parts": [{"text": "Hello!"}]}],
        tools=[{"function_declarations": [function]}],
    )
    (part,) = got.json["candidates"][0]["content"]["parts"]
    assert part["functionCall"]["args"] == {"two_words": "two_words"}
    assert part["thoughtSignature"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/mistral/v1/models", BEARER),
        ("/groq/openai/v1/models", BEARER),
        ("/v1/models", BEARER | {"x-fern-sdk-name": "cohere"}),
    ],
)
def test_a_model_can_be_described(simulator: Simulator, path: str, headers: dict[str, str]) -> None:
    listed = request(simulator, "GET", path, None, headers).json
    (first, *_) = listed.get("data") or listed["models"]
    name = first.get("id") or first["name"]
    assert request(simulator, "GET", f"{path}/{name}", None, headers).json == first
    assert request(simulator, "GET", f"{path}/missing", None, headers).status == 404


def test_ollama_describes_models(simulator: Simulator) -> None:
    assert post(simulator, "/api/show", model="simulated-large").json["capabilities"]
    assert post(simulator, "/api/show", model="missing").status == 404
    assert request(simulator, "GET", "/api/ps").json == {"models": []}


def test_ollama_completes_prompts(simulator: Simulator) -> None:
    got = post(simulator, "/api/generate", model="m", prompt="Hello!", stream=False)
    assert (got.json["response"], got.json["done"]) == ("You said: Hello!", True)
    simulator.queue((ReasoningPart("Hm."), "Hi!"))
    lines = post(simulator, "/api/generate", model="m", prompt="Hello!").content.splitlines()
    assert [json.loads(line)["response"] for line in lines] == ["", "Hi!", ""]


def test_groq_reports_usage_in_the_last_chunk(simulator: Simulator) -> None:
    path = "/groq/openai/v1/chat/completions"
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}
    whole = post(simulator, path, **body).json
    assert (whole["service_tier"], whole["x_groq"]["id"]) == ("on_demand", "req_simulated-1")
    last = post(simulator, path, **body, stream=True).events[-1]
    assert last["x_groq"]["usage"] == whole["usage"]


def test_reasoning_and_refusals_have_all_events(simulator: Simulator) -> None:
    simulator.queue((ReasoningPart("Hm."), RefusalPart("No.")))
    got = respond(simulator, stream=True).content
    for name in (
        b"response.reasoning_summary_part.added",
        b"response.reasoning_summary_text.done",
        b"response.reasoning_summary_part.done",
        b"response.refusal.done",
    ):
        assert name in got


def test_bedrock_has_a_type_for_unavailable_models(simulator: Simulator) -> None:
    simulator.queue(FAULTS["unavailable"])
    messages = [{"role": "user", "content": [{"text": "Hello!"}]}]
    got = post(simulator, "/v1/model/m/converse", messages=messages)
    assert got.headers["x-amzn-errortype"].startswith("ServiceUnavailableException")

"""Simulated responses of Google's generateContent."""

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
from chatmodels.testing._protocols.gemini import Gemini

HEADERS = {"x-goog-api-key": "k"}
MODEL = "/v1beta/models/m"
OSLO = ToolCall("call_1", "weather", '{"city": "Oslo"}')
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = {"name": "weather", "parametersJsonSchema": SCHEMA}
CLOCK = {"name": "clock"}


def content_of(*parts: Any, role: str = "user") -> dict[str, Any]:
    return {"role": role, "parts": list(parts)}


def ask(simulator: Simulator, path: str = f"{MODEL}:generateContent", **body: Any) -> Got:
    payload = {"contents": [content_of({"text": "Hello!"})]} | body
    return request(simulator, "POST", path, json.dumps(payload).encode(), HEADERS)


def stream(simulator: Simulator, **body: Any) -> list[dict[str, Any]]:
    got = ask(simulator, f"{MODEL}:streamGenerateContent?alt=sse", **body)
    assert got.headers["content-type"] == "text/event-stream"
    *events, rest = got.content.decode().split("\r\n\r\n")
    assert not rest
    return [json.loads(event.removeprefix("data: ")) for event in events]


def parts(got: Got) -> Any:
    return got.json["candidates"][0]["content"]["parts"]


def test_it_repeats_the_prompt(simulator: Simulator) -> None:
    got = ask(simulator, systemInstruction={"parts": [{"text": "Be brief."}]})

    assert got.status == 200
    assert got.json == {
        "candidates": [
            {
                "content": {"parts": [{"text": "You said: Hello!"}], "role": "model"},
                "index": 0,
                "finishReason": "STOP",
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 3,
            "cachedContentTokenCount": 0,
            "candidatesTokenCount": 3,
            "thoughtsTokenCount": 0,
            "totalTokenCount": 6,
        },
        "modelVersion": "m",
        "responseId": "simulated-1",
    }
    assert got.headers["x-goog-request-id"] == "req_1"


def test_it_streams_chunks(simulator: Simulator) -> None:
    simulator.queue((ReasoningPart("Hm, hm."), "Well, yes.", OSLO))
    found = [chunk["candidates"][0] for chunk in stream(simulator)]

    assert [candidate["content"]["parts"] for candidate in found] == [
        [{"text": "Hm,", "thought": True}],
        [{"text": " hm.", "thought": True}],
        [{"text": "Well,"}],
        [{"text": " yes."}],
        [
            {
                "functionCall": {"name": "weather", "args": {"city": "Oslo"}, "id": "call_1"},
                "thoughtSignature": "c2ltdWxhdGVk",
            }
        ],
        [{"text": ""}],
    ]
    assert [candidate.get("finishReason") for candidate in found] == [None] * 5 + ["STOP"]


@pytest.mark.parametrize(
    ("calling", "names"),
    [
        ({"mode": "ANY"}, ["weather", "clock"]),
        ({"mode": "ANY", "allowedFunctionNames": ["clock"]}, ["clock"]),
        ({"mode": "AUTO"}, ["weather", "clock"]),
        ({"mode": "VALIDATED"}, ["weather", "clock"]),
        ({"mode": "NONE"}, []),
        (None, ["weather", "clock"]),
    ],
)
def test_tools_are_called_as_they_may_be(simulator: Simulator, calling: Any, names: Any) -> None:
    tools = [{"functionDeclarations": [WEATHER, CLOCK]}, {"googleSearch": {}}]
    config = calling and {"functionCallingConfig": calling}
    called = parts(ask(simulator, tools=tools, toolConfig=config))

    assert [part["functionCall"]["name"] for part in called if "functionCall" in part] == names


@pytest.mark.parametrize(
    ("response", "text"),
    [({"output": "7 C"}, "7 C"), ({"error": "gone"}, "gone"), ({"celsius": 7}, '{"celsius":7}')],
)
def test_results_of_tools_are_read(simulator: Simulator, response: Any, text: str) -> None:
    result = {"functionResponse": {"name": "weather", "response": response}}
    call = {"functionCall": {"name": "weather"}, "thoughtSignature": "cw=="}
    contents = [content_of({"text": "?"}), content_of(call, role="model"), content_of(result)]

    assert text in parts(ask(simulator, contents=contents))[0]["text"]


@pytest.mark.parametrize("field", ["responseJsonSchema", "responseSchema"])
def test_output_can_have_a_schema(simulator: Simulator, field: str) -> None:
    config = {"responseMimeType": "application/json", field: SCHEMA}
    [part] = parts(ask(simulator, generationConfig=config))

    assert json.loads(part["text"]) == {"city": "city"}


def test_a_schema_without_its_media_type_is_ignored(simulator: Simulator) -> None:
    [part] = parts(ask(simulator, generationConfig={"temperature": 1}))

    assert part["text"] == "You said: Hello!"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"contents": []}, "contents are not specified"),
        ({"contents": 7}, "does not match the API's schema"),
        ({"toolConfig": {"functionCallingConfig": {"mode": "odd"}}}, "Invalid value at 'mode'"),
    ],
)
def test_invalid_requests_are_refused(simulator: Simulator, body: Any, message: str) -> None:
    got = ask(simulator, **body)

    assert (got.status, got.json["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert message in got.json["error"]["message"]


@pytest.mark.parametrize(
    ("before", "field", "name"),
    [
        ("/v1beta", "models", "models/"),
        ("/v1/publishers/google", "publisherModels", "publishers/google/models/"),
    ],
)
def test_models_are_listed_and_described(
    simulator: Simulator, before: str, field: str, name: str
) -> None:
    [known, *_] = simulator.models
    listed = request(simulator, "GET", f"{before}/models", headers=HEADERS)
    assert [model["name"] for model in listed.json[field]] == [
        f"{name}{model}" for model in simulator.models
    ]
    one = request(simulator, "GET", f"{before}/models/{known}", headers=HEADERS)
    assert one.json["name"] == f"{name}{known}"
    gone = request(simulator, "GET", f"{before}/models/gone", headers=HEADERS)
    assert (gone.status, gone.json["error"]["status"]) == (404, "NOT_FOUND")


def test_models_are_listed_in_openais_format_without_a_sign_of_google(simulator: Simulator) -> None:
    assert "data" in request(simulator, "GET", "/v1/models").json


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (HEADERS, 200),
        ({"authorization": "Bearer t"}, 200),
        ({"authorization": "Basic t"}, 401),
        ({}, 401),
    ],
)
def test_a_key_or_a_token_is_required(
    simulator: Simulator, headers: dict[str, str], status: int
) -> None:
    body = json.dumps({"contents": [content_of({"text": "?"})]}).encode()
    path = "/v1/projects/p/locations/eu/publishers/google/models/m:generateContent"

    assert request(simulator, "POST", path, body, headers).status == status


def test_an_error_within_a_stream_is_not_an_event(simulator: Simulator) -> None:
    simulator.queue(FAULTS["error-in-stream"])
    got = ask(simulator, f"{MODEL}:streamGenerateContent?alt=sse")
    *_, last = got.content.decode().split("\r\n\r\n")

    assert json.loads(last)["error"]["code"] == 503
    assert json.loads(Gemini().error_event(ErrorCode.INVALID_REQUEST, "no"))["error"]["code"] == 400


@pytest.mark.parametrize(
    ("response", "ending"),
    [
        (
            ChatResponse(message=assistant("A"), finish_reason="length"),
            {"finishReason": "MAX_TOKENS"},
        ),
        (ChatResponse(message=assistant("A"), raw_finish_reason="SPII"), {"finishReason": "SPII"}),
        (
            ChatResponse(message=assistant(RefusalPart("No."))),
            {"finishReason": "PROHIBITED_CONTENT", "finishMessage": "No."},
        ),
    ],
)
def test_responses_have_a_finish_reason(
    simulator: Simulator, response: ChatResponse[Any], ending: dict[str, Any]
) -> None:
    simulator.queue(response)
    [candidate] = ask(simulator).json["candidates"]

    assert {name: value for name, value in candidate.items() if name.startswith("finish")} == ending


def test_reasoning_tokens_are_counted_separately_from_output(simulator: Simulator) -> None:
    usage = Usage(input_tokens=5, output_tokens=9, reasoning_tokens=4, cached_input_tokens=2)
    simulator.queue(ChatResponse(message=assistant(TextPart("A")), usage=usage))

    assert ask(simulator).json["usageMetadata"] == {
        "promptTokenCount": 5,
        "cachedContentTokenCount": 2,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 4,
        "totalTokenCount": 14,
    }


def test_fields_and_types_of_the_official_client_are_accepted(
    simulator: Simulator,
) -> None:
    declared = {"name": "weather", "parameters_json_schema": SCHEMA | {"required": ["city"]}}
    (call,) = parts(ask(simulator, tools=[{"functionDeclarations": [declared]}]))
    assert call["functionCall"]["args"] == {"city": "city"}
    tags = {"type": "ARRAY", "items": {"type": "STRING"}, "minItems": 1}
    upper = {
        "type": "OBJECT",
        "properties": {"type": {"type": "STRING"}, "tags": tags},
        "required": ["type", "tags"],
    }
    config = {"responseMimeType": "application/json", "responseSchema": upper}
    (form,) = parts(ask(simulator, generationConfig=config))
    assert json.loads(form["text"]) == {"type": "type", "tags": ["tags"]}

"""Simulated responses of Amazon Bedrock's Converse."""

import json
import struct
from typing import Any
from zlib import crc32

import pytest
from client import Got, request

from chatmodels.core import (
    ChatResponse,
    ErrorCode,
    ReasoningPart,
    TextPart,
    ToolCall,
    Usage,
    assistant,
)
from chatmodels.testing import FAULTS, Simulator
from chatmodels.testing._protocols.bedrock_converse import BedrockConverse

HEADERS = {"authorization": "Bearer k"}
OSLO = ToolCall("call_1", "weather", '{"city": "Oslo"}')
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = {"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}
CLOCK = {"toolSpec": {"name": "clock", "inputSchema": {"json": {"type": "object"}}}}
POINT = {"cachePoint": {"type": "default"}}


def ask(
    simulator: Simulator,
    path: str = "/model/m%3A0/converse",
    headers: dict[str, str] = HEADERS,
    **body: Any,
) -> Got:
    request_body = {"messages": [{"role": "user", "content": [{"text": "Hello!"}]}]}
    return request(simulator, "POST", path, json.dumps(request_body | body).encode(), headers)


def stream(simulator: Simulator, **body: Any) -> Got:
    return ask(simulator, "/model/m/converse-stream", **body)


def messages(data: bytes) -> list[tuple[dict[str, str], Any]]:
    """Read the messages of an event stream, as plainly as its page describes them."""
    found = []
    while data:
        total, length, checksum = struct.unpack_from(">III", data)
        assert crc32(data[:8]) == checksum
        assert crc32(data[: total - 4]) == int.from_bytes(data[total - 4 : total])
        block, headers = data[12 : 12 + length], {}
        while block:
            name, rest = block[1 : 1 + block[0]], block[1 + block[0] :]
            assert rest[0] == 7
            size = int.from_bytes(rest[1:3])
            headers[name.decode()] = rest[3 : 3 + size].decode()
            block = rest[3 + size :]
        found.append((headers, data[12 + length : total - 4]))
        data = data[total:]
    return found


def events(got: Got) -> list[tuple[str, Any]]:
    return [(headers[":event-type"], json.loads(data)) for headers, data in messages(got.content)]


def test_it_repeats_the_prompt(simulator: Simulator) -> None:
    got = ask(simulator, system=[{"text": "Be brief."}])

    assert got.status == 200
    assert got.headers["x-amzn-requestid"] == "req_1"
    assert got.json == {
        "output": {"message": {"role": "assistant", "content": [{"text": "You said: Hello!"}]}},
        "stopReason": "end_turn",
        "usage": {
            "inputTokens": 3,
            "cacheReadInputTokens": 0,
            "cacheWriteInputTokens": 0,
            "outputTokens": 3,
            "totalTokens": 6,
        },
        "metrics": {"latencyMs": 1},
    }


def test_it_streams_in_binary_frames(simulator: Simulator) -> None:
    simulator.queue((ReasoningPart("Hm."), "Hi there", OSLO))
    got = stream(simulator)

    assert got.headers["content-type"] == "application/vnd.amazon.eventstream"
    assert events(got)[:-1] == [
        ("messageStart", {"role": "assistant"}),
        (
            "contentBlockDelta",
            {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm."}}},
        ),
        (
            "contentBlockDelta",
            {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "sim"}}},
        ),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Hi"}}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": " there"}}),
        ("contentBlockStop", {"contentBlockIndex": 1}),
        (
            "contentBlockStart",
            {
                "contentBlockIndex": 2,
                "start": {"toolUse": {"toolUseId": "call_1", "name": "weather"}},
            },
        ),
        (
            "contentBlockDelta",
            {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"city":'}}},
        ),
        (
            "contentBlockDelta",
            {"contentBlockIndex": 2, "delta": {"toolUse": {"input": ' "Oslo"}'}}},
        ),
        ("contentBlockStop", {"contentBlockIndex": 2}),
        ("messageStop", {"stopReason": "tool_use"}),
    ]
    assert events(got)[-1][0] == "metadata"


def test_all_parts_have_their_blocks(simulator: Simulator) -> None:
    usage = Usage(input_tokens=60, cached_input_tokens=10, cache_write_tokens=20, output_tokens=5)
    reply = ChatResponse(message=assistant(ReasoningPart("Hm."), "Hi", OSLO), usage=usage)
    simulator.queue(reply)
    got = ask(simulator)

    assert got.json["output"]["message"]["content"] == [
        {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "sim"}}},
        {"text": "Hi"},
        {"toolUse": {"toolUseId": "call_1", "name": "weather", "input": {"city": "Oslo"}}},
    ]
    assert got.json["usage"]["inputTokens"] == 30


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        (None, ["weather", "clock"]),
        ({"auto": {}}, ["weather", "clock"]),
        ({"any": {}}, ["weather", "clock"]),
        ({"tool": {"name": "clock"}}, ["clock"]),
    ],
    ids=["nothing", "auto", "any", "tool"],
)
def test_tools_are_called_as_chosen(simulator: Simulator, choice: Any, called: list[str]) -> None:
    config = {"tools": [WEATHER, CLOCK, POINT]} | ({"toolChoice": choice} if choice else {})
    content = ask(simulator, toolConfig=config).json["output"]["message"]["content"]
    assert [block["toolUse"]["name"] for block in content] == called


def test_the_results_of_tools_are_repeated(simulator: Simulator) -> None:
    results = [
        {"toolResult": {"toolUseId": "1", "content": [{"text": "rain"}, "odd"]}},
        {"toolResult": {"toolUseId": "2", "content": "odd"}},
        {"text": "?"},
    ]
    simulator.strict = False  # there are no calls
    got = ask(simulator, messages=[{"role": "user", "content": results}])
    assert got.json["output"]["message"]["content"] == [{"text": "The tools returned: rain"}]


def test_an_output_schema_gets_a_value(simulator: Simulator) -> None:
    form = {"schema": json.dumps(SCHEMA), "name": "City"}
    output = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": form}}}
    (block,) = ask(simulator, outputConfig=output).json["output"]["message"]["content"]
    assert "city" in json.loads(block["text"])
    assert ask(simulator, outputConfig={"effort": "low"}).status == 200


@pytest.mark.parametrize(
    "body",
    [
        {"messages": 3},
        {"messages": []},
        {"toolConfig": {"tools": [WEATHER], "toolChoice": {"none": {}}}},
        {"outputConfig": {"textFormat": {"structure": {"jsonSchema": {"schema": "["}}}}},
    ],
    ids=["no messages", "empty", "unknown choice", "no schema"],
)
def test_a_request_with_another_format_is_refused(simulator: Simulator, body: Any) -> None:
    got = ask(simulator, **body)
    assert got.status == 400
    assert got.headers["x-amzn-errortype"].startswith("ValidationException:")
    assert got.json["message"]


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("Bearer k", 200),
        ("AWS4-HMAC-SHA256 Credential=AKID/20260101/eu/bedrock/aws4_request, Signature=0", 200),
        ("Bearer bad", 401),
        ("AWS4-HMAC-SHA256 Credential=bad/20260101, Signature=0", 401),
        ("", 401),
    ],
    ids=["key", "signature", "bad key", "bad signature", "nothing"],
)
def test_keys_and_signatures_are_looked_at(
    simulator: Simulator, authorization: str, status: int
) -> None:
    headers = {"authorization": authorization} if authorization else {}
    got = ask(simulator, headers=headers)
    assert got.status == status
    if status == 401:
        assert got.headers["x-amzn-errortype"].startswith("UnrecognizedClientException")


def test_models_and_jobs_are_listed(simulator: Simulator) -> None:
    listed = request(simulator, "GET", "/foundation-models?byOutputModality=TEXT", b"", HEADERS)
    names = [model["modelId"] for model in listed.json["modelSummaries"]]
    assert names == ["simulated-large", "simulated-small"]
    jobs = request(simulator, "GET", "/async-invoke?maxResults=1", b"", HEADERS)
    assert jobs.json == {"asyncInvokeSummaries": []}


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("rate-limited", "ThrottlingException", "simulated"),
        ("context-length-exceeded", "ValidationException", "Input is too long"),
        ("content-filtered", "ValidationException", "content filters"),
        ("overloaded", "InternalServerException", "simulated"),
    ],
)
def test_failures_have_their_kinds(simulator: Simulator, name: str, kind: str, words: str) -> None:
    simulator.queue(FAULTS[name])
    got = ask(simulator)
    assert got.status == FAULTS[name].status
    assert got.headers["x-amzn-errortype"].startswith(kind)
    assert words in got.json["message"]


def test_an_error_in_a_stream_is_an_exception() -> None:
    data = BedrockConverse().error_event(ErrorCode.RATE_LIMITED, "Slow down")
    ((headers, payload),) = messages(data)
    assert headers[":message-type"] == "exception"
    assert headers[":exception-type"] == "throttlingException"
    assert json.loads(payload) == {"message": "Slow down"}


@pytest.mark.parametrize(
    "name",
    ["unknown-fields", "keep-alive-comments", "crlf", "single-bytes", "missing-end"],
)
def test_oddities_leave_the_frames_whole(simulator: Simulator, name: str) -> None:
    simulator.queue(FAULTS[name])
    found = dict(events(stream(simulator)))
    assert found["messageStart"]["role"] == "assistant"
    assert ("x_new" in found["messageStart"]) is (name == "unknown-fields")
    assert ("ping" in found) is (name == "keep-alive-comments")
    assert ("messageStop" in found) is (name != "missing-end")


@pytest.mark.parametrize(
    ("name", "error"),
    [("truncated-json", json.JSONDecodeError), ("invalid-utf8", UnicodeDecodeError)],
)
def test_damage_is_within_the_frames(
    simulator: Simulator, name: str, error: type[ValueError]
) -> None:
    simulator.queue(FAULTS[name])
    with pytest.raises(error):
        events(stream(simulator))


def test_a_message_may_be_huge(simulator: Simulator) -> None:
    simulator.queue(FAULTS["huge-line"])
    sizes = [len(data) for _, data in messages(stream(simulator).content)]
    assert max(sizes) > 33 * 2**20


def test_an_empty_response_has_no_content(simulator: Simulator) -> None:
    simulator.queue(FAULTS["empty-choices"], FAULTS["empty-choices"])
    assert ask(simulator).json == {"output": {"message": {"role": "assistant", "content": []}}}
    assert [name for name, _ in events(stream(simulator))] == ["messageStart", "messageStop"]


def test_parts_without_a_block_are_left_out(simulator: Simulator) -> None:
    from chatmodels.core import RefusalPart

    simulator.queue((TextPart("Hi"), RefusalPart("No.")))
    got = ask(simulator)
    assert got.json["output"]["message"]["content"] == [{"text": "Hi"}]

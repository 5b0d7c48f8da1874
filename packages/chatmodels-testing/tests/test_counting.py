"""The simulator counts the words of a request at the endpoints of the vendors."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from client import Got, request

from chatmodels.testing import Simulator

KEY = {"authorization": "Bearer k"}
ANTHROPIC = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
MESSAGES = [{"role": "user", "content": "two words"}]
CONTENTS = [{"role": "user", "parts": [{"text": "two words"}]}]
CONVERSE = {"messages": [{"role": "user", "content": [{"text": "two words"}]}]}
CLAUDE = "/model/anthropic.claude-sonnet-4-6/count-tokens"
VERTEX = "/v1beta1/publishers/google/models/m:countTokens"


def count(simulator: Simulator, path: str, body: object, headers: Mapping[str, str] = KEY) -> Got:
    return request(simulator, "POST", path, json.dumps(body).encode(), dict(headers))


@pytest.mark.parametrize(
    ("path", "headers", "body", "expected"),
    [
        (
            "/v1/messages/count_tokens",
            ANTHROPIC,
            {"model": "m", "messages": MESSAGES},
            {"input_tokens": 2},
        ),
        (
            "/v1/responses/input_tokens",
            KEY,
            {"model": "m", "input": "two words"},
            {"object": "response.input_tokens", "input_tokens": 2},
        ),
        (
            "/v1/chat/completions/input_tokens",
            KEY,
            {"model": "m", "messages": MESSAGES, "max_tokens": 5},
            {"object": "response.input_tokens", "input_tokens": 2},
        ),
        (
            "/tokenize",
            KEY,
            {"model": "m", "messages": MESSAGES},
            {"count": 2, "max_model_len": 32_768, "tokens": [0, 1]},
        ),
        (
            "/v1beta/models/m:countTokens",
            KEY,
            {"generateContentRequest": {"model": "models/m", "contents": CONTENTS}},
            {
                "totalTokens": 2,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 2}],
            },
        ),
        (
            "/v1beta/models/m:countTokens",
            KEY,
            {"contents": CONTENTS},
            {
                "totalTokens": 2,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 2}],
            },
        ),
        (
            VERTEX,
            KEY,
            {"contents": CONTENTS, "generationConfig": {}},
            {
                "totalTokens": 2,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 2}],
            },
        ),
        (CLAUDE, KEY, {"input": {"converse": CONVERSE}}, {"inputTokens": 2}),
        (
            "/v1/tokenize",
            KEY,
            {"model": "m", "text": "two words"},
            {"tokens": [0, 1], "token_strings": ["two", "words"]},
        ),
    ],
)
def test_each_vendor_has_its_own_response(
    simulator: Simulator, path: str, headers: dict[str, str], body: object, expected: object
) -> None:
    simulator.queue("for a chat")
    got = count(simulator, path, body, headers)
    assert (got.status, got.json) == (200, expected)


@pytest.mark.parametrize(
    ("path", "headers", "body", "message"),
    [
        (
            "/v1/messages/count_tokens",
            ANTHROPIC,
            {"model": "m", "messages": MESSAGES, "max_tokens": 5},
            "max_tokens: Extra inputs are not permitted",
        ),
        ("/v1/messages/count_tokens", ANTHROPIC, {"model": "m"}, "messages"),
        (
            "/v1/responses/input_tokens",
            KEY,
            {"model": "m", "input": "a", "stream": False},
            "Unknown parameter: 'stream'.",
        ),
        (
            "/v1beta/models/m:countTokens",
            KEY,
            {"contents": CONTENTS, "systemInstruction": {}},
            'Unknown name "systemInstruction"',
        ),
        (
            VERTEX,
            KEY,
            {"contents": CONTENTS, "toolConfig": {}},
            'Unknown name "toolConfig"',
        ),
        (
            CLAUDE,
            KEY,
            {"input": {"converse": CONVERSE | {"inferenceConfig": {}}}},
            "inferenceConfig is not a member",
        ),
        (
            "/model/us.anthropic.claude-sonnet-4-6/count-tokens",
            KEY,
            {"input": {"converse": CONVERSE}},
            "doesn't support counting tokens",
        ),
        ("/v1/tokenize", KEY, {"model": "m", "text": ""}, "between 1 and 65536 characters"),
        ("/tokenize", KEY, {"model": "m", "messages": []}, "too short"),
    ],
)
def test_a_request_that_the_vendor_refuses_is_refused(
    simulator: Simulator, path: str, headers: dict[str, str], body: object, message: str
) -> None:
    got = count(simulator, path, body, headers)
    assert got.status == 400
    assert message in got.content.decode().replace("\\", "")


def test_keys_and_faults_are_those_of_chat_requests(simulator: Simulator) -> None:
    def counted(model: str, key: str = "k") -> Any:
        body = {"model": model, "messages": MESSAGES}
        return count(simulator, "/v1/messages/count_tokens", body, ANTHROPIC | {"x-api-key": key})

    assert counted("m", "bad").status == 401
    assert counted("fault-nothing").status == 404
    assert counted("fault-rate-limited").status == 429
    assert counted("fault-unknown-fields").json["input_tokens"] == 2

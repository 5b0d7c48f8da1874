"""Simulated responses of the endpoints of an Azure resource."""

import json
from typing import Any

import pytest
from client import Got, request

from chatmodels.core import ErrorCode
from chatmodels.testing import FAULTS, Simulator

HEADERS = {"api-key": "k"}
V1 = "/openai/v1/chat/completions"
DATED = "/openai/deployments/prod/chat/completions?api-version=2024-10-21"
INFERENCE = "/models/chat/completions?api-version=2024-05-01-preview"


def ask(
    simulator: Simulator, path: str = V1, headers: dict[str, str] = HEADERS, **body: Any
) -> Got:
    payload = {"model": "m", "messages": [{"role": "user", "content": "Hello!"}]}
    return request(simulator, "POST", path, json.dumps(payload | body).encode(), headers)


@pytest.mark.parametrize("path", [V1, DATED, INFERENCE], ids=["v1", "dated", "inference"])
def test_responses_contain_filter_results(simulator: Simulator, path: str) -> None:
    got = ask(simulator, path)

    (choice,) = got.json["choices"]
    (prompt,) = got.json["prompt_filter_results"]
    assert choice["message"]["content"] == "You said: Hello!"
    assert choice["content_filter_results"]["hate"] == {"filtered": False, "severity": "safe"}
    assert prompt["content_filter_results"]["jailbreak"] == {"filtered": False, "detected": False}
    assert got.headers["apim-request-id"] == "req_1"


def test_a_stream_starts_with_the_filter_results_of_the_prompt(simulator: Simulator) -> None:
    first, second, *_ = ask(simulator, stream=True).content.decode().split("\n\n")
    chunk = json.loads(first.removeprefix("data: "))

    assert (chunk["id"], chunk["choices"]) == ("", [])
    assert chunk["prompt_filter_results"][0]["prompt_index"] == 0
    assert json.loads(second.removeprefix("data: "))["id"] == "simulated-1"


@pytest.mark.parametrize(
    "headers",
    [{"api-key": "k"}, {"authorization": "Bearer t"}],
    ids=["a key", "a token"],
)
def test_keys_and_tokens_are_accepted(simulator: Simulator, headers: dict[str, str]) -> None:
    assert ask(simulator, headers=headers).status == 200
    assert ask(simulator, headers={"api-key": "bad"}).status == 401
    assert ask(simulator, headers={}).json["error"]["code"] == "401"


def test_a_filtered_prompt_is_an_error_with_the_findings(simulator: Simulator) -> None:
    simulator.queue(ErrorCode.CONTENT_FILTERED)
    error = ask(simulator).json["error"]
    assert error["code"] == "content_filter"
    assert error["innererror"]["code"] == "ResponsibleAIPolicyViolation"
    assert error["innererror"]["content_filter_result"]["jailbreak"]["filtered"] is True


def test_an_error_can_arrive_within_a_stream(simulator: Simulator) -> None:
    simulator.queue(FAULTS["error-in-stream"])
    assert b'data: {"error":{"code":"provider_unavailable"' in ask(simulator, stream=True).content


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/openai/v1/models", 200, id="v1"),
        pytest.param("/openai/models?api-version=2024-10-21", 200, id="dated"),
        pytest.param("/models/info?api-version=2024-05-01-preview", 200, id="inference"),
        pytest.param("/models/else?api-version=2024-05-01-preview", 404, id="something else"),
    ],
)
def test_other_requests_have_responses(simulator: Simulator, path: str, status: int) -> None:
    assert request(simulator, "GET", path, b"", HEADERS).status == status

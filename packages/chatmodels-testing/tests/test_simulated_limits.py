"""Rate limits of a simulated provider, with an injected clock."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from client import Got, ask, request

from chatmodels.core.extending import read_rate_limits
from chatmodels.testing import RateLimits, Simulator

START = 1_800_000_000.0
HELLO = {"model": "m", "messages": [{"role": "user", "content": "one two three"}]}
KEYS = {"authorization": "Bearer k", "x-api-key": "k", "anthropic-version": "2023-06-01"}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "one two three"}]}]}
CONVERSE = {"messages": [{"role": "user", "content": [{"text": "one two three"}]}]}
PATHS: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": ("/v1/chat/completions", HELLO),
    "responses": ("/v1/responses", {"model": "m", "input": "one two three"}),
    "azure": ("/openai/v1/chat/completions", HELLO),
    "groq": ("/groq/openai/v1/chat/completions", HELLO),
    "mistral": ("/mistral/v1/chat/completions", HELLO),
    "anthropic": ("/v1/messages", HELLO | {"max_tokens": 9}),
    "gemini": ("/v1beta/models/m:generateContent", CONTENTS),
    "bedrock": ("/model/vendor.m/converse", CONVERSE),
    "cohere": ("/v2/chat", HELLO),
    "ollama": ("/api/chat", HELLO | {"stream": False}),
}


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    limits = RateLimits(requests_per_minute=3, tokens_per_minute=60, input_tokens_per_minute=30)
    with Simulator(reply="four five", limits=limits, clock=clock) as simulator:
        yield simulator


def send(simulator: Simulator, vendor: str, key: str = "k") -> Got:
    path, body = PATHS[vendor]
    headers = KEYS | {"authorization": f"Bearer {key}"}
    return request(simulator, "POST", path, json.dumps(body).encode(), headers)


def test_requests_are_limited_until_the_limit_fills(simulator: Simulator, clock: Clock) -> None:
    assert [ask(simulator).status for _ in range(4)] == [200, 200, 200, 429]
    clock.now += 19.9
    assert ask(simulator).status == 429
    clock.now += 0.1
    assert [ask(simulator).status for _ in range(2)] == [200, 429]
    clock.now += 3600
    assert [ask(simulator).status for _ in range(4)] == [200, 200, 200, 429]
    simulator.reset()
    assert ask(simulator).status == 200


def test_the_advised_delay_is_enough(simulator: Simulator, clock: Clock) -> None:
    for _ in range(30):
        got = ask(simulator)
        if got.status == 429:
            clock.now += float(got.headers["retry-after-ms"]) / 1000
            assert ask(simulator).status == 200


def test_tokens_of_the_output_are_waited_for_afterwards(clock: Clock) -> None:
    limits = RateLimits(output_tokens_per_minute=6)
    with Simulator(reply="a b c d e f g h", limits=limits, clock=clock) as simulator:
        first = send(simulator, "anthropic")
        assert first.headers["anthropic-ratelimit-output-tokens-remaining"] == "0"
        refused = send(simulator, "anthropic")
        assert (refused.status, refused.headers["retry-after"]) == (429, "30")
        clock.now += 30
        assert send(simulator, "anthropic").status == 200


def test_an_input_above_the_limit_is_never_admitted(clock: Clock) -> None:
    with Simulator(limits=RateLimits(tokens_per_minute=2), clock=clock) as simulator:
        for _ in range(2):
            refused = ask(simulator, "one two three")
            assert (refused.status, refused.headers["retry-after"]) == (429, "60")
            clock.now += 60


def test_each_key_and_each_model_has_limits(simulator: Simulator) -> None:
    for _ in range(3):
        send(simulator, "openai")

    assert send(simulator, "openai").status == 429
    assert send(simulator, "openai", "other").status == 200
    assert ask(simulator, model="other").status == 200


def test_a_clock_that_goes_back_takes_nothing(simulator: Simulator, clock: Clock) -> None:
    ask(simulator)
    clock.now -= 3600

    assert ask(simulator).headers["x-ratelimit-remaining-requests"] == "1"


EXPECTED = {
    "openai": {
        "x-ratelimit-limit-requests": "3",
        "x-ratelimit-remaining-requests": "2",
        "x-ratelimit-reset-requests": "20s",
        "x-ratelimit-limit-tokens": "60",
        "x-ratelimit-remaining-tokens": "55",
        "x-ratelimit-reset-tokens": "5s",
    },
    "azure": {
        "x-ratelimit-limit-requests": "3",
        "x-ratelimit-remaining-requests": "2",
        "x-ratelimit-renewalperiod-requests": "60",
        "x-ratelimit-reset-requests": "20",
        "x-ratelimit-limit-tokens": "60",
        "x-ratelimit-remaining-tokens": "55",
        "x-ratelimit-renewalperiod-tokens": "60",
        "x-ratelimit-reset-tokens": "5",
    },
    "mistral": {
        "x-ratelimit-limit-req-minute": "3",
        "x-ratelimit-remaining-req-minute": "2",
        "x-ratelimit-limit-tokens-minute": "60",
        "x-ratelimit-remaining-tokens-minute": "55",
    },
    "anthropic": {
        "anthropic-ratelimit-requests-limit": "3",
        "anthropic-ratelimit-requests-remaining": "2",
        "anthropic-ratelimit-requests-reset": "2027-01-15T08:00:20Z",
        "anthropic-ratelimit-tokens-limit": "60",
        "anthropic-ratelimit-tokens-remaining": "55",
        "anthropic-ratelimit-tokens-reset": "2027-01-15T08:00:05Z",
        "anthropic-ratelimit-input-tokens-limit": "30",
        "anthropic-ratelimit-input-tokens-remaining": "27",
        "anthropic-ratelimit-input-tokens-reset": "2027-01-15T08:00:06Z",
    },
    "gemini": {},
    "bedrock": {},
    "cohere": {},
    "ollama": {},
}
EXPECTED["responses"] = EXPECTED["groq"] = EXPECTED["openai"]


@pytest.mark.parametrize("vendor", EXPECTED)
def test_a_response_reports_the_limits_as_the_vendor_does(
    simulator: Simulator, vendor: str
) -> None:
    got = send(simulator, vendor)
    limits = {name: value for name, value in got.headers.items() if "ratelimit" in name}

    assert got.status == 200
    assert limits == EXPECTED[vendor]
    read = read_rate_limits(got.headers, now=START)
    assert all(status.limit in {3, 30, 60} for status in read)
    assert bool(read) == bool(EXPECTED[vendor])


ADVICE = {
    "openai": {"retry-after": "20", "retry-after-ms": "20000"},
    "responses": {"retry-after": "20", "retry-after-ms": "20000"},
    "azure": {"retry-after": "20", "retry-after-ms": "20000"},
    "groq": {"retry-after": "20"},
    "anthropic": {"retry-after": "20"},
    "mistral": {"retry-after": "20"},
    "gemini": {},
    "bedrock": {},
    "cohere": {},
    "ollama": {},
}


@pytest.mark.parametrize("vendor", ADVICE)
def test_a_refusal_has_the_vendors_form_and_advice(simulator: Simulator, vendor: str) -> None:
    for _ in range(3):
        send(simulator, vendor)
    got = send(simulator, vendor)

    assert got.status == 429
    assert {k: v for k, v in got.headers.items() if k.startswith("retry-after")} == ADVICE[vendor]
    assert b"requests per minute: limit 3, remaining 0" in got.content
    if vendor == "gemini":
        *_, delay = got.json["error"]["details"]
        assert delay == {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "20s"}
    if vendor == "bedrock":
        assert got.headers["x-amzn-errortype"].startswith("ThrottlingException")


@pytest.mark.parametrize(
    ("limit", "duration"), [(1, "1m0s"), (59, "1.017s"), (120, "500ms"), (30_000, "2ms")]
)
def test_a_duration_is_written_as_openai_does(clock: Clock, limit: int, duration: str) -> None:
    with Simulator(limits=RateLimits(requests_per_minute=limit), clock=clock) as simulator:
        assert ask(simulator).headers["x-ratelimit-reset-requests"] == duration


def test_a_limit_is_positive() -> None:
    with pytest.raises(ValueError, match="tokens_per_minute is at least 1, not 0"):
        RateLimits(tokens_per_minute=0)

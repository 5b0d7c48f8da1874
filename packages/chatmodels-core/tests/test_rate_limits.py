"""The headers about rate limits of all vendors have one meaning."""

from typing import Any

import pytest

from chatmodels.core import ChatRequest, Timeout, user
from chatmodels.core.extending import CallInfo, RateLimitStatus, read_rate_limits

NOW = 1_767_391_857.0  # 2026-01-02T22:10:57Z


def limit(name: str, unit: Any, period: float | None, *numbers: Any, refills: bool = False) -> Any:
    most, remaining, reset = numbers
    return RateLimitStatus(
        name=name,
        unit=unit,
        period=period,
        limit=most,
        remaining=remaining,
        reset=reset,
        refills=refills,
    )


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param(
            {
                "content-type": "application/json",
                "x-ratelimit-limit-requests": "60",
                "x-ratelimit-limit-tokens": "150000",
                "x-ratelimit-remaining-requests": "58",
                "x-ratelimit-remaining-tokens": "149000",
                "x-ratelimit-reset-requests": "2s",
                "x-ratelimit-reset-tokens": "400ms",
            },
            [
                limit("requests", "requests", 60, 60, 58, 2.0, refills=True),
                limit("tokens", "tokens", 60, 150_000, 149_000, 0.4, refills=True),
            ],
            id="OpenAI",
        ),
        pytest.param(
            {
                "anthropic-ratelimit-input-tokens-limit": "50000",
                "anthropic-ratelimit-input-tokens-remaining": "49000",
                "anthropic-ratelimit-input-tokens-reset": "2026-01-02T22:11:07Z",
                "anthropic-ratelimit-output-tokens-remaining": "0",
                "anthropic-ratelimit-unified-5h-reset": "1767391899",
                "anthropic-ratelimit-unified-5h-remaining": "1",
            },
            [
                limit("input-tokens", "input_tokens", 60, 50_000, 49_000, 10.0, refills=True),
                limit("output-tokens", "output_tokens", 60, None, 0, None, refills=True),
                limit("unified-5h", "other", None, None, 1, 42.0, refills=True),
            ],
            id="Anthropic",
        ),
        pytest.param(
            {
                "x-ratelimit-limit-requests-day": "14400",
                "x-ratelimit-remaining-requests-day": "14399",
                "x-ratelimit-reset-requests-day": "33011.5",
                "x-ratelimit-limit-tokens-minute": "60000",
                "x-ratelimit-remaining-tokens-minute": "-5",
                "x-ratelimit-reset-tokens-minute": "11.5",
            },
            [
                limit("requests-day", "requests", 86_400, 14_400, 14_399, 33_011.5),
                limit("tokens-minute", "tokens", 60, 60_000, 0, 11.5),
            ],
            id="Cerebras",
        ),
        pytest.param(
            {
                "x-ratelimit-limit-req-minute": "720",
                "x-ratelimit-remaining-req-minute": "717",
                "x-ratelimit-tokens-query-cost": "52",
            },
            [limit("req-minute", "requests", 60, 720, 717, None)],
            id="Mistral",
        ),
        pytest.param(
            {
                "x-ratelimit-limit-tokens-prompt": "3600000",
                "x-ratelimit-limit-tokens-generated": "36000",
                "x-ratelimit-limit-tokens-cache-adjusted-prompt": "900000",
                "x-ratelimit-over-limit": "no",
            },
            [
                limit("tokens-prompt", "input_tokens", 60, 3_600_000, None, None),
                limit("tokens-generated", "output_tokens", 60, 36_000, None, None),
                limit("tokens-cache-adjusted-prompt", "other", None, 900_000, None, None),
                limit("over", "other", None, None, None, None),
            ],
            id="Fireworks",
        ),
        pytest.param(
            {
                "x-ratelimit-limit": "50",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": "1767391899000",
            },
            [limit("", "requests", None, 50, 0, 42.0)],
            id="OpenRouter",
        ),
        pytest.param(
            {
                "x-ratelimit-remaining-tokens-per-day": "9",
                "x-ratelimit-reset-tokens-per-day": "1767391860",
            },
            [limit("tokens-per-day", "tokens", 86_400, None, 9, 3.0)],
            id="DigitalOcean",
        ),
        pytest.param(
            {
                "llm_provider-x-ratelimit-remaining-requests": "4",
                "x-ratelimit-remaining-requests": "3",
            },
            [
                limit("requests", "requests", 60, None, 4, None),
                limit("requests", "requests", 60, None, 3, None),
            ],
            id="LiteLLM",
        ),
        pytest.param(
            {"ratelimitbysize-remaining": "0", "ratelimitbysize-reset": "35"},
            [limit("bysize", "other", None, None, 0, 35.0)],
            id="by size",
        ),
        pytest.param(
            {
                "x-ratelimit-remaining-requests": "many",
                "x-ratelimit-reset-requests": "2099-01-01T00:00:00Z",
            },
            [limit("requests", "requests", 60, None, None, None)],
            id="values that cannot be read",
        ),
        pytest.param(
            {
                "x-ratelimit-reset": "900",
                "x-ratelimit-key": "secret",
                "x-ratelimit": "1",
                "x-ratelimit-remaining-reset": "1",
                "x-myratelimits": "5",
            },
            [],
            id="no limit",
        ),
        pytest.param({}, [], id="nothing"),
    ],
)
def test_the_limits_of_a_vendor_are_read(headers: dict[str, str], expected: list[Any]) -> None:
    assert list(read_rate_limits(headers, now=NOW)) == expected


def test_a_call_reports_the_limits_of_its_last_response() -> None:
    request = ChatRequest(messages=(user("Hi"),))
    call = CallInfo("generate", request, provider="acme", model="large", timeout=Timeout())
    assert call.rate_limits == ()

    call.response_headers = {"x-ratelimit-remaining-requests": "1"}

    assert [each.remaining for each in call.rate_limits] == [1]

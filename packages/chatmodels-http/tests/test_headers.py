from decimal import Decimal

import pytest

from chatmodels.http import rate_limits, request_id, retry_after
from chatmodels.http._errors.headers import reported_cost

NOW = 1_767_391_857.0  # 2026-01-02T22:10:57Z


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"retry-after": "13"}, 13.0, id="seconds"),
        pytest.param({"retry-after": " 0.5 "}, 0.5, id="a fraction of a second"),
        pytest.param({"retry-after": "Fri, 02 Jan 2026 22:11:27 GMT"}, 30.0, id="a date"),
        pytest.param({"retry-after": "Fri, 02 Jan 2026 22:11:27 -0000"}, 30.0, id="no zone"),
        pytest.param({"retry-after": "Fri, 02 Jan 2026 22:10:00 GMT"}, 0.0, id="a past date"),
        pytest.param({"retry-after": "-5"}, 0.0, id="a negative number"),
        pytest.param({"retry-after-ms": "2500", "retry-after": "3"}, 2.5, id="milliseconds first"),
        pytest.param({"retry-after-ms": "soon", "retry-after": "3"}, 3.0, id="broken milliseconds"),
        pytest.param({"retry-after": "soon"}, None, id="unreadable"),
        pytest.param(
            {"retry-after": f"Fri, 02 Jan 2026 22:11:27 +{'9' * 30}"}, None, id="a zone too far"
        ),
        pytest.param({"retry-after": "inf"}, None, id="infinite"),
        pytest.param({"retry-after": ""}, None, id="empty"),
        pytest.param({"llm_provider-retry-after": "3"}, 3.0, id="of the provider behind LiteLLM"),
        pytest.param({"llm_provider-retry-after-ms": "1500"}, 1.5, id="and its milliseconds"),
        pytest.param(
            {"retry-after": "2", "llm_provider-retry-after": "3"}, 2.0, id="the gateway's first"
        ),
        pytest.param(
            {
                "llm_provider-retry-after": "7",
                "llm_provider-x-ratelimit-remaining-requests": "0",
                "llm_provider-x-ratelimit-reset-requests": "2099-01-01T00:00:00Z",
            },
            7.0,
            id="advice counts more than a reset",
        ),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_the_advised_delay_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=NOW) == seconds


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        pytest.param("1s", 1.0, id="1s"),
        pytest.param("6m0s", 360.0, id="6m0s"),
        pytest.param("20ms", 0.02, id="20ms"),
        pytest.param("17.5s", 17.5, id="17.5s"),
        pytest.param("1d2h3m4s", 93_784.0, id="1d2h3m4s"),
        pytest.param("7", 7.0, id="a number of seconds"),
        pytest.param("1767391899", 42.0, id="Unix seconds"),
        pytest.param("1767391899000", 42.0, id="Unix milliseconds"),
        pytest.param("2026-01-02T22:11:57Z", 60.0, id="RFC 3339"),
        pytest.param("2026-01-02T22:11:57", 60.0, id="a date without a zone"),
        pytest.param("31d0h0m0s", 31 * 86_400.0, id="in a month"),
        pytest.param("2099-01-01T00:00:00Z", None, id="in decades, which is no advice"),
        pytest.param("tomorrow", None, id="unreadable"),
        pytest.param("", None, id="empty"),
    ],
)
def test_the_reset_of_an_exhausted_limit_is_the_delay(reset: str, seconds: float | None) -> None:
    headers = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": reset}
    assert retry_after(headers, now=NOW) == seconds


def test_the_latest_reset_of_exhausted_limits_is_returned() -> None:
    headers = {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-01-02T22:11:07Z",
        "anthropic-ratelimit-tokens-remaining": "0",
        "anthropic-ratelimit-tokens-reset": "2026-01-02T22:11:17Z",
        "anthropic-ratelimit-output-tokens-remaining": "5000",
        "anthropic-ratelimit-output-tokens-reset": "2026-01-02T23:00:00Z",
        "x-ratelimit-reset": "900",
    }
    assert retry_after(headers, now=NOW) == 20.0


def test_the_clock_of_the_system_is_the_default() -> None:
    assert retry_after({"retry-after": "Fri, 02 Jan 1970 00:00:00 GMT"}) == 0.0


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"x-request-id": "req_1", "cf-ray": "8c1-SYD"}, "req_1", id="x-request-id"),
        pytest.param({"request-id": "req_2"}, "req_2", id="Anthropic"),
        pytest.param({"x-amzn-requestid": "9c7"}, "9c7", id="Amazon"),
        pytest.param({"cf-ray": "8c1-SYD"}, "8c1-SYD", id="Cloudflare at last"),
        pytest.param({"x-request-id": ""}, None, id="empty"),
        pytest.param({"x-litellm-call-id": "a", "cf-ray": "b"}, "a", id="LiteLLM"),
        pytest.param({"llm_provider-request-id": "c"}, "c", id="Anthropic behind LiteLLM"),
    ],
)
def test_the_id_of_a_request_is_read(headers: dict[str, str], expected: str | None) -> None:
    assert request_id(headers) == expected


def test_the_headers_of_rate_limits_are_picked_as_they_are() -> None:
    limits = {"x-ratelimit-limit-requests": "60", "ratelimitbysize-reset": "35"}
    assert rate_limits({**limits, "content-type": "text/html"}) == limits


@pytest.mark.parametrize(
    ("value", "cost"),
    [
        pytest.param("0.00012", Decimal("0.00012"), id="a cost"),
        pytest.param("1e-05", Decimal("0.00001"), id="as Python writes it"),
        pytest.param("0.0", Decimal(0), id="nothing"),
        pytest.param("", None, id="unknown"),
        pytest.param("None", None, id="no number"),
        pytest.param("nan", None, id="not a number"),
        pytest.param("inf", None, id="infinite"),
        pytest.param("-1", None, id="negative"),
    ],
)
def test_the_cost_that_litellm_reports_is_read(value: str, cost: Decimal | None) -> None:
    assert reported_cost({"x-litellm-response-cost": value}) == cost
    assert reported_cost({}) is None

"""The words and details of Google's failures."""

import json

import pytest

from chatmodels.core import ChatModelError
from chatmodels.http import HttpFailure
from chatmodels.providers.google._errors import read_failure


def failed(status: int, word: str, text: str = "", *details: object) -> ChatModelError:
    error = {"status": word, "message": text, "details": details}
    body = json.dumps({"error": error}).encode()
    return read_failure(HttpFailure(status=status, headers={}, body=body), "acme")


@pytest.mark.parametrize("word", ["ABORTED", "CANCELLED", "DATA_LOSS", "INTERNAL", "UNKNOWN"])
def test_an_outage_is_recognized_by_its_status(word: str) -> None:
    error = failed(400, word)
    assert (error.code, str(error)) == ("provider_unavailable", "acme: 400 provider unavailable")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("User location is not supported for the API use.", "permission_denied"),
        ("This needs a billing account.", "quota_exceeded"),
    ],
)
def test_a_phrase_has_a_code(text: str, code: str) -> None:
    assert failed(400, "FAILED_PRECONDITION", text).code == code


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        ([], "rate_limited"),
        ([""], "rate_limited"),
        (["RequestsPerMinute"], "rate_limited"),
        (["RequestsPerMinute", "TokensPerDay-FreeTier"], "quota_exceeded"),
    ],
)
def test_one_limit_of_the_day_is_a_quota(ids: list[str], code: str) -> None:
    violations = [{"quotaId": quota} if quota else {} for quota in ids]
    error = failed(429, "RESOURCE_EXHAUSTED", "", {"reason": "LIMIT"}, {"violations": violations})
    assert (error.code, error.details["provider_code"]) == (code, "LIMIT")


@pytest.mark.parametrize(
    ("delay", "wait"), [("3s", 3), ("48.5s", 48.5), ("3", None), ("3ms", None), ("about 3s", None)]
)
def test_a_wait_is_in_seconds(delay: str, wait: float | None) -> None:
    error = failed(429, "RESOURCE_EXHAUSTED", "", {"retryDelay": delay})
    assert error.retry_after == wait
    assert "provider_code" not in error.details


def test_a_header_and_the_first_error_of_an_array_take_precedence() -> None:
    errors = [
        {"error": {"details": [{"reason": "FIRST", "retryDelay": "9s"}]}},
        {"error": {"details": [{"reason": "B"}]}},
    ]
    failure = HttpFailure(
        status=429,
        headers={"retry-after": "2", "x-request-id": "r"},
        body=json.dumps(errors).encode(),
    )
    error = read_failure(failure, "acme")
    assert (error.details["provider_code"], error.retry_after, error.request_id) == (
        "FIRST",
        2,
        "r",
    )


def test_the_headers_stay_beside_the_wait_of_the_details() -> None:
    body = b'{"error": {"details": [{"retryDelay": "3s"}]}}'
    error = read_failure(HttpFailure(status=429, headers={"x-request-id": "r"}, body=body), "acme")
    assert (error.retry_after, error.request_id) == (3, "r")


def test_details_of_other_kinds_and_missing_errors_are_passed_over() -> None:
    other, known = {"violations": 7}, {"reason": "KNOWN"}
    assert failed(400, "INVALID_ARGUMENT", "", other, known).details["provider_code"] == "KNOWN"
    error = read_failure(HttpFailure(status=503, headers={}, body=b"[]"), "acme")
    assert error.code == "provider_unavailable"

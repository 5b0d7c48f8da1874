"""The words of Anthropic's failures."""

import json

import pytest

from chatmodels.http import HttpFailure
from chatmodels.providers.anthropic._errors import read_failure


@pytest.mark.parametrize(
    ("status", "kind", "message", "code"),
    [
        (500, "request_too_large", "Too large.", "invalid_request"),
        (400, "conflict_error", "Busy.", "provider_unavailable"),
        (400, "invalid_request_error", "You reached your API usage limits.", "quota_exceeded"),
        (404, "not_found_error", "model: claude-99", "model_not_found"),
        (404, "not_found_error", "no such thing: model: claude-99", "invalid_request"),
    ],
)
def test_a_failure_has_a_code(status: int, kind: str, message: str, code: str) -> None:
    body = json.dumps({"error": {"type": kind, "message": message}}).encode()
    error = read_failure(HttpFailure(status=status, headers={}, body=body))
    assert error.code == code
    assert str(error).startswith(f"anthropic: {status} ")

"""The kinds of failures that Bedrock names."""

import json

import pytest

from chatmodels.core import ChatModelError
from chatmodels.http import HttpFailure
from chatmodels.providers.bedrock._errors import error_message, read_failure

KINDS = {
    "authentication": [
        "ExpiredTokenException",
        "ExpiredToken",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
    ],
    "permission_denied": ["AccessDeniedException", "AccessDenied"],
    "rate_limited": ["ThrottlingException", "Throttling", "TooManyRequestsException"],
    "quota_exceeded": ["ServiceQuotaExceededException"],
    "model_not_found": ["ResourceNotFoundException"],
    "timeout": ["ModelTimeoutException"],
    "invalid_request": ["ValidationException", "ConflictException"],
    "provider_unavailable": [
        "InternalServerException",
        "ServiceUnavailableException",
        "ModelNotReadyException",
        "ModelErrorException",
        "ModelStreamErrorException",
        "InternalFailure",
    ],
}


def failed(status: int, kind: str = "", **body: object) -> ChatModelError:
    headers = {"x-amzn-errortype": kind} if kind else {}
    return read_failure(HttpFailure(status=status, headers=headers, body=json.dumps(body).encode()))


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize(
    ("kind", "code"), [(kind, code) for code, kinds in KINDS.items() for kind in kinds]
)
def test_a_kind_has_a_code(kind: str, code: str, status: int) -> None:
    assert failed(status, kind, message="Oh.").code == code


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (400, "too many tokens per day", "quota_exceeded"),
        (400, "too many tokens, please wait", "rate_limited"),
        (403, "Is your API key valid?", "authentication"),
        (403, "The security token is invalid.", "authentication"),
        (403, "The bearer token is invalid.", "authentication"),
    ],
)
def test_a_message_without_a_kind_has_a_code(status: int, message: str, code: str) -> None:
    error = failed(status, message=message)
    assert error.code == code
    assert "provider_code" not in error.details


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        ("a.b#ThrottlingException:http://c.d/e#f:g", "ThrottlingException"),
        ("a#b#ThrottlingException", "ThrottlingException"),
    ],
)
def test_a_kind_is_read_without_its_addresses(kind: str, read: str) -> None:
    error = failed(400, kind, message="Slow down.")
    assert error.details["provider_code"] == read
    assert str(error).startswith("bedrock: 400 rate limited")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "a"}, "a"),
        ({"Message": "b"}, "b"),
        ({"message": "a", "output": {}}, None),
        ({}, None),
    ],
)
def test_an_object_without_output_and_with_a_message_is_an_error(
    body: dict[str, object], words: str | None
) -> None:
    assert error_message(body) == words

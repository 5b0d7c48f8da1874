"""The failures of Cohere, and generations that failed."""

import pytest

from chatmodels.core import ChatModelError, ResponseInvalidError
from chatmodels.http import HttpFailure
from chatmodels.providers.cohere._errors import failed_generation, read_failure, reject


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        (400, "a deny-listed token", "content_filtered"),
        (429, "limited to 9 calls / month", "quota_exceeded"),
        (498, "blocked", "content_filtered"),
        (499, "cancelled", "provider_unavailable"),
    ],
)
def test_a_failure_has_a_code(status: int, text: str, code: str) -> None:
    error = read_failure(
        HttpFailure(status=status, headers={}, body=b'{"message": "%b"}' % text.encode())
    )
    assert error.code == code
    assert str(error).startswith(f"cohere: {status} ")


@pytest.mark.parametrize(
    ("word", "error", "code", "message"),
    [
        ("ERROR", None, "provider_unavailable", "the generation failed"),
        ("TIMEOUT", None, "timeout", "the generation failed"),
        ("COMPLETE", "out of luck", "provider_unavailable", "out of luck"),
        ("ERROR", {"a": 1}, "provider_unavailable", "the generation failed"),
    ],
)
def test_a_generation_that_failed_is_an_error(
    word: str, error: object, code: str, message: str
) -> None:
    failed = failed_generation(word, error, b'{"b": 2}')
    assert failed is not None
    assert (failed.code, failed.status) == (code, 200)
    assert (failed.details["provider_type"], failed.details["body"]) == (word, '{"b": 2}')
    assert str(failed) == (
        f'cohere: {code.replace("_", " ")}, reported in a 200 response: "{message}"'
    )


@pytest.mark.parametrize("error", [None, "", {}])
@pytest.mark.parametrize("word", [None, "COMPLETE"])
def test_a_generation_that_did_not_fail_is_not_an_error(word: str | None, error: object) -> None:
    assert failed_generation(word, error, b"") is None


@pytest.mark.parametrize(
    "body", [b'{"message": "too many tokens"}', b'{"error": "too many tokens"}']
)
def test_an_error_in_place_of_a_response_is_raised(body: bytes) -> None:
    with pytest.raises(ChatModelError) as caught:
        reject(body, "no message")
    assert caught.value.code == "context_length_exceeded"


@pytest.mark.parametrize("body", [b"{}", b'{"message": {}, "error": ""}'])
def test_another_object_is_refused(body: bytes) -> None:
    with pytest.raises(ResponseInvalidError) as caught:
        reject(body, "no message")
    assert str(caught.value).startswith("cohere sent data that is not a response (no message): {")

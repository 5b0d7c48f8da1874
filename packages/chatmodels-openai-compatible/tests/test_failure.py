"""The failures of chat completions and of the Responses API."""

import json
from typing import Any

import pytest

from chatmodels.core import ChatModelError, ResponseInvalidError
from chatmodels.http import HttpFailure
from chatmodels.openai_compatible import _errors as chat
from chatmodels.openai_compatible.responses import _errors as responses

CODES = {
    "invalid_request": (
        "invalid_image invalid_image_format invalid_base64_image invalid_image_url image_too_large "
        "image_too_small image_parse_error invalid_image_mode image_file_too_large "
        "unsupported_image_media_type empty_image_file failed_to_download_image "
        "image_file_not_found previous_response_not_found data_residency_mismatch"
    ),
    "content_filtered": (
        "invalid_prompt image_content_policy_violation bio_policy cyber_policy "
        "misalignment_policy_violation"
    ),
    "timeout": "vector_store_timeout",
}


@pytest.mark.parametrize(
    ("word", "code"), [(word, code) for code, words in CODES.items() for word in words.split()]
)
def test_error_codes_of_the_responses_api_are_classified(word: str, code: str) -> None:
    error = responses.failure_of({"code": word, "message": "No."}, "acme")
    assert (error.code, error.status, error.details["provider_code"]) == (code, 200, word)
    assert str(error).startswith("acme: ")


def test_too_large_a_request_has_too_many_tokens() -> None:
    body = b'{"error": {"code": "request_too_large"}}'
    error = chat.read_failure(HttpFailure(status=413, headers={}, body=body), "acme")
    assert error.code == "context_length_exceeded"
    assert str(error) == "acme: 413 context length exceeded"


def test_the_error_of_a_choice_is_one_inside_a_success() -> None:
    error = chat.failure_of({"message": "broken"}, "acme")
    assert str(error) == 'acme: provider unavailable, reported in a 200 response: "broken"'
    assert error.status == 200


FOUND = {"hate": {"filtered": True}}


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (
            {
                "content_filters": [
                    {},
                    {"content_filter_results": FOUND},
                    {"content_filter_result": 1},
                ]
            },
            FOUND,
        ),
        ({"innererror": {"content_filter_result": FOUND, "content_filter_results": 1}}, FOUND),
        ({"innererror": {"content_filter_result": {}}}, None),
        ({}, None),
    ],
)
def test_the_findings_of_filters_are_beside_the_other_details(error: Any, found: Any) -> None:
    body = json.dumps({"error": {"code": "content_filter", "message": "No.", **error}}).encode()
    details = chat.read_failure(HttpFailure(status=400, headers={}, body=body), "acme").details
    assert details.get("content_filter_result") == found
    assert details["provider_message"] == "No."


def test_an_error_in_an_array_has_no_findings() -> None:
    body = b'[{"error": {"code": "content_filter"}}]'
    error = chat.read_failure(HttpFailure(status=400, headers={}, body=body), "acme")
    assert error.code == "content_filtered"
    assert "content_filter_result" not in error.details


def test_the_findings_of_filters_belong_to_filtered_content() -> None:
    body = json.dumps({"error": {"innererror": {"content_filter_result": FOUND}}}).encode()
    error = chat.read_failure(HttpFailure(status=400, headers={}, body=body), "acme")
    assert "content_filter_result" not in error.details


@pytest.mark.parametrize(
    ("body", "within"),
    [
        ({"error": "broken"}, True),
        ({"error": "broken", "choices": [1]}, True),
        ({"message": "broken"}, True),
        ({"detail": "broken"}, True),
        ({"errors": [{"message": "broken"}]}, True),
        ({"message": "Hello", "choices": [1]}, False),
        ({"error": None}, False),
        ({}, False),
        ([], False),
    ],
)
def test_an_error_in_a_success_is_found(body: Any, within: bool) -> None:
    error = chat.failure_within(json.dumps(body).encode(), "acme")
    assert (error is not None) is within
    if error:
        assert str(error).startswith("acme: provider unavailable, reported in a 200 response")


def test_data_that_is_not_json_contains_no_error() -> None:
    assert chat.failure_within(b"<html>", "acme") is None


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "broken"}},
        {"type": "error", "message": "broken", "response": {}},
        {"message": "broken"},
        {"detail": "broken"},
        {"error": {"message": "broken"}, "response": {}},
    ],
)
def test_an_error_in_place_of_a_response_is_raised(body: Any) -> None:
    with pytest.raises(ChatModelError, match="acme: provider unavailable") as caught:
        responses.reject(json.dumps(body).encode(), "acme", "odd")
    assert caught.value.details["provider_message"] == "broken"


@pytest.mark.parametrize("body", [{}, {"message": "Hello", "response": {}}, {"type": "ping"}])
def test_another_object_raises(body: Any) -> None:
    with pytest.raises(
        ResponseInvalidError, match=r"^acme sent data that is not a response \(odd\)"
    ):
        responses.reject(json.dumps(body).encode(), "acme", "odd")

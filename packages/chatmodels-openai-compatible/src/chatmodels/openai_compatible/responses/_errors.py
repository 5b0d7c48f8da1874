"""The rules for failures of the Responses API, beyond those of all APIs."""

from functools import partial
from typing import NoReturn

import msgspec

from chatmodels.core import ChatModelError, ErrorCode
from chatmodels.http import FailureRules, HttpFailure
from chatmodels.http.wire import Json, is_object, raise_for_body
from chatmodels.openai_compatible import _errors

_CODES = {
    word: code
    for code, phrases in {
        # "The response object", `error.code`: errors of the request that are reported in a 200
        ErrorCode.INVALID_REQUEST: (
            "invalid_image invalid_image_format invalid_base64_image invalid_image_url "
            "image_too_large image_too_small image_parse_error invalid_image_mode "
            "image_file_too_large unsupported_image_media_type empty_image_file "
            "failed_to_download_image image_file_not_found previous_response_not_found "
            "data_residency_mismatch"
        ),
        ErrorCode.CONTENT_FILTERED: (
            "invalid_prompt image_content_policy_violation bio_policy cyber_policy "
            "misalignment_policy_violation"  # "Misalignment monitoring": must not be retried
        ),
        ErrorCode.TIMEOUT: "vector_store_timeout",
    }.items()
    for word in phrases.split()
}
_RULES = FailureRules(codes=_CODES)


def read_failure(failure: HttpFailure, provider: str) -> ChatModelError:
    """Translate a failure, or an error in the body of a success."""
    return _errors.read_failure(failure, provider, rules=_RULES)


def failure_of(error: Json, provider: str) -> ChatModelError:
    """Translate the error of a failed response."""
    body = msgspec.json.encode({"error": error})
    return read_failure(HttpFailure(status=200, headers={}, body=body), provider)


def reject(data: bytes, provider: str, why: object) -> NoReturn:
    """Raise the error that a body or an event reports, or an error about the body itself.

    Raises:
        ChatModelError: Always.
    """
    raise_for_body(
        data,
        provider,
        "a response",
        why,
        partial(read_failure, provider=provider),
        reports_error=_reports_error,
    )


def _reports_error(parsed: dict[str, Json]) -> bool:
    if parsed.get("error") or parsed.get("type") == "error":
        return True
    response = parsed.get("response")
    return not is_object(response) and any(parsed.get(name) for name in ("message", "detail"))

"""What failures of chat completions have beyond what failures of all vendors have."""

from collections.abc import Mapping

import msgspec

from chatmodels.core import ChatModelError, ErrorCode
from chatmodels.http import VENDOR_CODES, HttpFailure, standard_failure
from chatmodels.http.wire import NOT_JSON, Json, is_object, objects

CODES = dict(VENDOR_CODES) | {
    "unsupported_parameter": ErrorCode.UNSUPPORTED,  # OpenAI
    "unsupported_value": ErrorCode.UNSUPPORTED,
    "unsupported_country_region_territory": ErrorCode.PERMISSION_DENIED,
    "request_too_large": ErrorCode.CONTEXT_LENGTH_EXCEEDED,
    "model_decommissioned": ErrorCode.MODEL_NOT_FOUND,  # Groq
    "model_not_available": ErrorCode.MODEL_NOT_FOUND,
    "tool_use_failed": ErrorCode.TOOL_ARGUMENTS_INVALID,
    "json_validate_failed": ErrorCode.OUTPUT_INVALID,
    "invalid_model": ErrorCode.MODEL_NOT_FOUND,  # Mistral
    "rate_limited": ErrorCode.RATE_LIMITED,
    "deploymentnotfound": ErrorCode.MODEL_NOT_FOUND,  # Azure
    "unknown_model": ErrorCode.MODEL_NOT_FOUND,
    "operationnotsupported": ErrorCode.UNSUPPORTED,
    "permissiondenied": ErrorCode.PERMISSION_DENIED,
    "insufficientquota": ErrorCode.QUOTA_EXCEEDED,
}


def read_failure(
    failure: HttpFailure, provider: str, *, codes: Mapping[str, ErrorCode] = CODES
) -> ChatModelError:
    """Translate a failure, or an error inside a success.

    What Azure's filters found is in `details["content_filter_result"]` ("Content filtering").
    """
    error = standard_failure(failure, provider, codes=codes)
    if error.code is ErrorCode.CONTENT_FILTERED and (found := _filtered(failure.body)):
        error.details = {**error.details, "content_filter_result": found}
    return error


def _filtered(body: bytes) -> Json:
    # {"error": {"innererror": {"content_filter_result": {"jailbreak": {...}, ...}}}}, and in the
    # Responses API {"error": {"content_filters": [{"content_filter_results": {...}}]}}. It is
    # JSON, or there would be no word in it that tells of a filter.
    parsed: Json = msgspec.json.decode(body)
    error = parsed.get("error") if is_object(parsed) else None
    if is_object(error):
        for told in objects([error.get("innererror"), *objects(error.get("content_filters"))]):
            found = told.get("content_filter_result") or told.get("content_filter_results")
            if found:
                return found
    return None


def failure_within(data: bytes, provider: str) -> ChatModelError | None:
    """Read the error that a success or a chunk of a stream may hold; None if it holds none."""
    try:
        parsed = msgspec.json.decode(data)
    except NOT_JSON:
        return None
    if not is_object(parsed) or not tells_error(parsed):
        return None
    return read_failure(HttpFailure(status=200, headers={}, body=data), provider)


def failure_of(error: Json, provider: str) -> ChatModelError:
    """Translate the error that one choice of a success holds (OpenRouter's "Errors" page)."""
    body = msgspec.json.encode({"error": error})
    return read_failure(HttpFailure(status=200, headers={}, body=body), provider)


def tells_error(parsed: dict[str, Json]) -> bool:
    """Tell whether a JSON object tells of an error."""
    if parsed.get("error"):
        return True
    return not parsed.get("choices") and any(
        parsed.get(name) for name in ("message", "detail", "errors")
    )

"""The rules for failures of chat completions, beyond those of all APIs."""

import msgspec

from chatmodels.core import ChatModelError, ErrorCode
from chatmodels.http import FailureRules, HttpFailure, standard_failure
from chatmodels.http.wire import NOT_JSON, Json, is_object, objects

_RULES = FailureRules(
    codes={"request_too_large": ErrorCode.CONTEXT_LENGTH_EXCEEDED}  # Groq
)


def read_failure(
    failure: HttpFailure, provider: str, *, rules: FailureRules = _RULES
) -> ChatModelError:
    """Translate a failure, or an error inside a success.

    The findings of Azure's filters are in `details["content_filter_result"]` ("Content filtering").
    """
    error = standard_failure(failure, provider, rules=rules)
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

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
    """Translate a failure, or an error in the body of a success.

    The results of Azure's filters are in `details["content_filter_result"]` ("Content filtering").
    """
    error = standard_failure(failure, provider, rules=rules)
    if error.code is ErrorCode.CONTENT_FILTERED and (results := _filter_results(failure.body)):
        error.details = {**error.details, "content_filter_result": results}
    return error


def _filter_results(body: bytes) -> Json:
    # {"error": {"innererror": {"content_filter_result": {"jailbreak": {...}, ...}}}}, and in the
    # Responses API {"error": {"content_filters": [{"content_filter_results": {...}}]}}. The body is
    # JSON, since the code of the error was read from it.
    parsed: Json = msgspec.json.decode(body)
    error = parsed.get("error") if is_object(parsed) else None
    if is_object(error):
        for entry in objects([error.get("innererror"), *objects(error.get("content_filters"))]):
            results = entry.get("content_filter_result") or entry.get("content_filter_results")
            if results:
                return results
    return None


def failure_within(data: bytes, provider: str) -> ChatModelError | None:
    """Read the error in the body of a success or in a chunk of a stream; None if there is none."""
    try:
        parsed = msgspec.json.decode(data)
    except NOT_JSON:
        return None
    if not is_object(parsed) or not reports_error(parsed):
        return None
    return read_failure(HttpFailure(status=200, headers={}, body=data), provider)


def failure_of(error: Json, provider: str) -> ChatModelError:
    """Translate the error in one choice of a success (OpenRouter's "Errors" page)."""
    body = msgspec.json.encode({"error": error})
    return read_failure(HttpFailure(status=200, headers={}, body=body), provider)


def reports_error(parsed: dict[str, Json]) -> bool:
    """Return whether a JSON object reports an error."""
    if parsed.get("error"):
        return True
    return not parsed.get("choices") and any(
        parsed.get(name) for name in ("message", "detail", "errors")
    )

"""What failures of Google's APIs have beyond what failures of all vendors have.

Their words are those of `google.rpc.Code`; what is the matter stands in the `details` ("API
errors", "Troubleshooting guide").
"""

import re

import msgspec

from chatmodels.core import ChatModelError, ErrorCode
from chatmodels.http import VENDOR_CODES, HttpFailure, read_error_body, standard_failure
from chatmodels.http.wire import NOT_JSON, Json, is_list, is_object, objects, text_or_none

_CODES = dict(VENDOR_CODES) | {
    "aborted": ErrorCode.PROVIDER_UNAVAILABLE,
    "cancelled": ErrorCode.PROVIDER_UNAVAILABLE,  # 499, when the server gave up
    "data_loss": ErrorCode.PROVIDER_UNAVAILABLE,
    "internal": ErrorCode.PROVIDER_UNAVAILABLE,
    "unknown": ErrorCode.PROVIDER_UNAVAILABLE,
}
_WORDS = (
    ("api key not valid", ErrorCode.AUTHENTICATION),
    ("api key not found", ErrorCode.AUTHENTICATION),
    ("api key expired", ErrorCode.AUTHENTICATION),
    ("user location is not supported", ErrorCode.PERMISSION_DENIED),
    ("billing account", ErrorCode.QUOTA_EXCEEDED),
    ("exceeds the maximum number of tokens", ErrorCode.CONTEXT_LENGTH_EXCEEDED),
    ("responsible ai practices", ErrorCode.CONTENT_FILTERED),
)
"""What INVALID_ARGUMENT and FAILED_PRECONDITION may mean, by the text: there is no finer code."""

_BROAD = frozenset({"invalid_argument", "failed_precondition"})


def read_failure(failure: HttpFailure, provider: str) -> ChatModelError:
    """Translate a failure, or an error inside a success."""
    said = read_error_body(failure.body)
    word = (said.code or said.type or "").lower()
    details = _details(failure.body)
    text = f"{said.message} {msgspec.json.encode(details).decode()}".lower()
    codes = _CODES
    if word in _BROAD:
        for phrase, code in _WORDS:
            if phrase in text:
                codes = codes | {word: code}
    elif word == "resource_exhausted" and "perday" in text:
        # Tomorrow's quota cannot be waited for.
        codes = codes | {word: ErrorCode.QUOTA_EXCEEDED}
    delay = _delay(details)
    if delay and "retry-after" not in failure.headers:
        headers = {**failure.headers, "retry-after": delay}
        failure = HttpFailure(status=failure.status, headers=headers, body=failure.body)
    if said.code is not None and said.type is None:
        said = msgspec.structs.replace(said, code=None, type=said.code)
    return standard_failure(failure, provider, codes=codes, body=said)


def _details(body: bytes) -> list[dict[str, Json]]:
    try:
        parsed = msgspec.json.decode(body)
    except NOT_JSON:
        return []
    if is_list(parsed) and parsed:  # streams that are JSON arrays tell errors as their elements
        parsed = parsed[0]
    error = parsed.get("error") if is_object(parsed) else None
    return objects(error.get("details")) if is_object(error) else []


def _delay(details: list[dict[str, Json]]) -> str | None:
    """Find the seconds of a `google.rpc.RetryInfo`, as in "48.939935699s"."""
    for detail in details:
        told = text_or_none(detail.get("retryDelay"))
        if told and (found := _SECONDS.fullmatch(told)):
            return found[1]
    return None


_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s")

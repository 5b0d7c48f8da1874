"""What failures of the Messages API have beyond what failures of all vendors have."""

from chatmodels.core import ChatModelError, ErrorCode
from chatmodels.http import VENDOR_CODES, HttpFailure, read_error_body, standard_failure
from chatmodels.providers.anthropic._blocks import PROVIDER_NAME

_WORDS = (
    ("credit balance is too low", ErrorCode.QUOTA_EXCEEDED),
    ("api usage limits", ErrorCode.QUOTA_EXCEEDED),
    ("content filtering policy", ErrorCode.CONTENT_FILTERED),
    ("exceed context limit", ErrorCode.CONTEXT_LENGTH_EXCEEDED),
)
"""What two types may mean, by the message: there is no finer one ("Errors").

A spend limit of one's own is an `invalid_request_error`, that of the tier a `rate_limit_error`,
which no retry gets over before the month ends ("Rate limits").
"""

_CODES = dict(VENDOR_CODES) | {
    "request_too_large": ErrorCode.INVALID_REQUEST,  # 413: too many bytes, not tokens
    "conflict_error": ErrorCode.PROVIDER_UNAVAILABLE,
}


def read_failure(failure: HttpFailure) -> ChatModelError:
    """Translate a failure, or an error inside a success."""
    said = read_error_body(failure.body)
    codes = _CODES
    text = said.message.lower()
    if said.type == "not_found_error" and text.startswith("model:"):
        codes = codes | {said.type: ErrorCode.MODEL_NOT_FOUND}
    elif said.type in {"invalid_request_error", "rate_limit_error"}:
        for phrase, code in _WORDS:
            if phrase in text:
                codes = codes | {said.type: code}
    return standard_failure(failure, PROVIDER_NAME, codes=codes, body=said)

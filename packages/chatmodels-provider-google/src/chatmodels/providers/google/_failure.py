"""What failures of Google's APIs have beyond what failures of all vendors have.

Their words are those of `google.rpc.Code`; what is the matter stands in the `details` ("API
errors", "Troubleshooting guide").
"""

import re

from msgspec.structs import replace

from chatmodels.core import ChatModelError, ErrorCode
from chatmodels.http import VENDOR_CODES, HttpFailure, read_error_body, standard_failure

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
    said = replace(said, code=None, type=said.code or said.type)  # "status" is a type, not a code
    word = (said.type or "").lower()
    text = failure.body.decode(errors="replace")
    codes = _CODES
    if word in _BROAD:
        for phrase, code in _WORDS:
            if phrase in text.lower():
                codes = codes | {word: code}
    elif word == "resource_exhausted" and "PerDay" in text:
        # Tomorrow's quota cannot be waited for.
        codes = codes | {word: ErrorCode.QUOTA_EXCEEDED}
    advised = _RETRY_INFO.search(text)
    if advised and "retry-after" not in failure.headers:
        failure = replace(failure, headers={**failure.headers, "retry-after": advised[1]})
    return standard_failure(failure, provider, codes=codes, body=said)


_RETRY_INFO = re.compile(r'"retryDelay":\s*"(\d+(?:\.\d+)?)s"')
"""Finds the seconds of a `google.rpc.RetryInfo`, as in "48.939935699s"."""

"""What failures of Google's APIs have beyond what failures of all vendors have.

Their words are those of `google.rpc.Code`; what is the matter stands in the `details` ("API
errors", "Troubleshooting guide").
"""

import re
from contextlib import suppress

import msgspec
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
    message, details = _read(failure.body)
    codes = _CODES
    if word in _BROAD:
        text = (message or said.message).lower()
        for phrase, code in _WORDS:
            if phrase in text:
                codes = codes | {word: code}
    elif word == "resource_exhausted" and any(detail.is_daily for detail in details):
        # Tomorrow's quota cannot be waited for.
        codes = codes | {word: ErrorCode.QUOTA_EXCEEDED}
    if "retry-after" not in failure.headers:
        for detail in details:
            if advised := _SECONDS.fullmatch(detail.retry_delay):
                failure = replace(failure, headers={**failure.headers, "retry-after": advised[1]})
    return standard_failure(failure, provider, codes=codes, body=said)


class _Violation(msgspec.Struct, rename="camel"):
    quota_id: str = ""


class _Detail(msgspec.Struct, rename="camel"):
    """A `google.rpc.RetryInfo` or `QuotaFailure`; empty for every other kind."""

    retry_delay: str = ""
    violations: list[_Violation] = []

    @property
    def is_daily(self) -> bool:
        return any("PerDay" in violation.quota_id for violation in self.violations)


class _Error(msgspec.Struct):
    message: str = ""
    details: list[msgspec.Raw] = []


class _Failure(msgspec.Struct):
    error: _Error


def _read(body: bytes) -> tuple[str, list[_Detail]]:
    """Return an error's whole message and those of its details that can be read."""
    try:
        failures = msgspec.json.decode(body, type=_Failure | list[_Failure])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "", []
    failed = failures if isinstance(failures, _Failure) else next(iter(failures), None)
    if failed is None:
        return "", []
    details: list[_Detail] = []
    for raw in failed.error.details:
        with suppress(msgspec.DecodeError):  # a detail of another kind
            details.append(msgspec.json.decode(raw, type=_Detail))
    return failed.error.message, details


_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s")
"""The seconds of a `google.rpc.RetryInfo`, as in "48.939935699s"."""

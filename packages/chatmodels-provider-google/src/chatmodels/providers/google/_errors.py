"""Error rules of Google's APIs, in addition to those of all APIs.

Error codes are those of `google.rpc.Code`; `details` is more specific ("API errors",
"Troubleshooting guide").
"""

import re
from contextlib import suppress

import msgspec
from msgspec.structs import replace

from chatmodels.core import ChatModelError, ErrorCode
from chatmodels.http import FailureRules, HttpFailure, read_error_body, standard_failure

_RULES = FailureRules(
    codes={
        "aborted": ErrorCode.PROVIDER_UNAVAILABLE,
        "cancelled": ErrorCode.PROVIDER_UNAVAILABLE,  # 499: cancelled by the server
        "data_loss": ErrorCode.PROVIDER_UNAVAILABLE,
        "internal": ErrorCode.PROVIDER_UNAVAILABLE,
        "unknown": ErrorCode.PROVIDER_UNAVAILABLE,
    },
    phrases=(
        ("user location is not supported", ErrorCode.PERMISSION_DENIED),
        ("billing account", ErrorCode.QUOTA_EXCEEDED),
    ),
)
_DAILY_RULES = replace(
    _RULES,
    codes={"resource_exhausted": ErrorCode.QUOTA_EXCEEDED},  # a daily quota is too long to wait for
)


def read_failure(failure: HttpFailure, provider: str) -> ChatModelError:
    """Convert a failed response, or an error inside a successful one, to an exception."""
    body = read_error_body(failure.body)
    details = _details(failure.body)
    # "status" is a type; an `ErrorInfo` contains the code
    reason = next((detail.reason for detail in details if detail.reason), None)
    body = replace(body, code=reason, type=body.code or body.type)
    rules = _DAILY_RULES if any(detail.is_daily for detail in details) else _RULES
    if "retry-after" not in failure.headers:
        for detail in details:
            if delay := _SECONDS.fullmatch(detail.retry_delay):
                failure = replace(failure, headers={**failure.headers, "retry-after": delay[1]})
    return standard_failure(failure, provider, rules=rules, body=body)


class _Violation(msgspec.Struct, rename="camel"):
    quota_id: str = ""


class _Detail(msgspec.Struct, rename="camel"):
    """A `google.rpc.ErrorInfo`, `RetryInfo` or `QuotaFailure`; empty for every other kind."""

    reason: str = ""
    retry_delay: str = ""
    violations: list[_Violation] = []

    @property
    def is_daily(self) -> bool:
        return any("PerDay" in violation.quota_id for violation in self.violations)


class _Error(msgspec.Struct):
    details: list[msgspec.Raw] = []


class _Failure(msgspec.Struct):
    error: _Error


def _details(body: bytes) -> list[_Detail]:
    """Return the details of an error that can be decoded."""
    try:
        failures = msgspec.json.decode(body, type=_Failure | list[_Failure])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    first = failures if isinstance(failures, _Failure) else next(iter(failures), None)
    details: list[_Detail] = []
    for raw in first.error.details if first else ():
        with suppress(msgspec.DecodeError):  # a detail of another kind
            details.append(msgspec.json.decode(raw, type=_Detail))
    return details


_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s")
"""The seconds of a `google.rpc.RetryInfo`, for example "48.939935699s"."""

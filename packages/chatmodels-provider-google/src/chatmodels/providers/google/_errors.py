"""The rules for failures of Google's APIs, beyond those of all APIs.

The words are those of `google.rpc.Code`; finer facts are in the `details` ("API errors",
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
        "cancelled": ErrorCode.PROVIDER_UNAVAILABLE,  # 499, when the server gave up
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
    codes={"resource_exhausted": ErrorCode.QUOTA_EXCEEDED},  # tomorrow's cannot be waited for
)


def read_failure(failure: HttpFailure, provider: str) -> ChatModelError:
    """Translate a failure, or an error inside a success."""
    said = read_error_body(failure.body)
    details = _details(failure.body)
    # "status" is a type, and the code stands in an `ErrorInfo`
    reason = next((detail.reason for detail in details if detail.reason), None)
    said = replace(said, code=reason, type=said.code or said.type)
    rules = _DAILY_RULES if any(detail.is_daily for detail in details) else _RULES
    if "retry-after" not in failure.headers:
        for detail in details:
            if advised := _SECONDS.fullmatch(detail.retry_delay):
                failure = replace(failure, headers={**failure.headers, "retry-after": advised[1]})
    return standard_failure(failure, provider, rules=rules, body=said)


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
    """Return those details of an error that can be read."""
    try:
        failures = msgspec.json.decode(body, type=_Failure | list[_Failure])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    failed = failures if isinstance(failures, _Failure) else next(iter(failures), None)
    details: list[_Detail] = []
    for raw in failed.error.details if failed else ():
        with suppress(msgspec.DecodeError):  # a detail of another kind
            details.append(msgspec.json.decode(raw, type=_Detail))
    return details


_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s")
"""The seconds of a `google.rpc.RetryInfo`, as in "48.939935699s"."""

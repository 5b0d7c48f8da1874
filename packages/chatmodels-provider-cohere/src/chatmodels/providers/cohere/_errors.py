"""Error rules of the Chat API, in addition to those of all APIs."""

from typing import NoReturn

from chatmodels.core import ChatModelError, ErrorCode
from chatmodels.http import ErrorBody, FailureRules, HttpFailure, excerpt, standard_failure
from chatmodels.http.wire import Json, raise_for_body
from chatmodels.providers.cohere._profile import PROVIDER_NAME

_RULES = FailureRules(
    statuses={
        # a "deny-listed token" in request or response ("Chat", errors)
        498: ErrorCode.CONTENT_FILTERED,
        499: ErrorCode.PROVIDER_UNAVAILABLE,  # cancelled by the server
    },
    codes={"timeout": ErrorCode.TIMEOUT},  # the finish reason of a generation that failed
    phrases=(
        ("deny-listed token", ErrorCode.CONTENT_FILTERED),
        # Trial keys have limits per minute and per month ("Different Types of API Keys").
        ("/ month", ErrorCode.QUOTA_EXCEEDED),
    ),
)


def read_failure(failure: HttpFailure) -> ChatModelError:
    """Convert a failed response, or an error inside a successful one, to an exception."""
    return standard_failure(failure, PROVIDER_NAME, rules=_RULES)


def failed_generation(reason: str | None, error: Json, data: bytes) -> ChatModelError | None:
    """Return the error of a generation that failed after its start; None if it did not fail.

    Args:
        reason: The finish reason.
        error: The error message in the last event of a stream.
        data: The body or frame that contains the finish reason.
    """
    if not error and reason not in {"ERROR", "TIMEOUT"}:
        return None
    message = error if isinstance(error, str) else "the generation failed"
    body = ErrorBody(excerpt(message), type=reason)
    failure = HttpFailure(status=200, headers={}, body=data)
    return standard_failure(failure, PROVIDER_NAME, rules=_RULES, body=body)


def reject(data: bytes, why: object) -> NoReturn:
    """Raise the error that a body reports, or report that the body is invalid.

    Raises:
        ChatModelError: Always.
    """
    raise_for_body(data, PROVIDER_NAME, "a response", why, read_failure, reports_error=_is_error)


def _is_error(body: dict[str, Json]) -> object:
    # Error bodies have the form {"id": ..., "message": "too many tokens: ..."}.
    return body.get("error") or isinstance(body.get("message"), str)

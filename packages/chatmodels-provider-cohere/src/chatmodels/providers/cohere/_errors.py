"""The rules for failures of the Chat API, beyond those of all APIs."""

from typing import NoReturn

from chatmodels.core import ChatModelError, ErrorCode
from chatmodels.http import ErrorBody, FailureRules, HttpFailure, excerpt, standard_failure
from chatmodels.http.wire import Json, raise_for_body
from chatmodels.providers.cohere._profile import PROVIDER_NAME

_RULES = FailureRules(
    statuses={
        # a "deny-listed token" in request or response ("Chat", errors)
        498: ErrorCode.CONTENT_FILTERED,
        499: ErrorCode.PROVIDER_UNAVAILABLE,  # cancelled, and not by the caller
    },
    codes={"timeout": ErrorCode.TIMEOUT},  # the finish reason of a generation that failed
    phrases=(
        ("deny-listed token", ErrorCode.CONTENT_FILTERED),
        # Trial keys have limits by the minute and by the month ("Different Types of API Keys").
        ("/ month", ErrorCode.QUOTA_EXCEEDED),
    ),
)


def read_failure(failure: HttpFailure) -> ChatModelError:
    """Translate a failure, or an error inside a success."""
    return standard_failure(failure, PROVIDER_NAME, rules=_RULES)


def failed_generation(word: str | None, error: Json, data: bytes) -> ChatModelError | None:
    """Make the error of a generation that failed after the answer had begun; None if it did not.

    Args:
        word: Why the answer ended.
        error: The vendor's words, which accompany the end of a stream.
        data: What told it.
    """
    if not error and word not in {"ERROR", "TIMEOUT"}:
        return None
    message = error if isinstance(error, str) else "the generation failed"
    said = ErrorBody(excerpt(message), type=word)
    failure = HttpFailure(status=200, headers={}, body=data)
    return standard_failure(failure, PROVIDER_NAME, rules=_RULES, body=said)


def reject(data: bytes, why: object) -> NoReturn:
    """Refuse what is not of this API, or raise the error that it tells.

    Raises:
        ChatModelError: Always.
    """
    raise_for_body(data, PROVIDER_NAME, "an answer", why, read_failure, tells_error=_tells_error)


def _tells_error(body: dict[str, Json]) -> object:
    # The vendor's failures are {"id": ..., "message": "too many tokens: ..."}.
    return body.get("error") or isinstance(body.get("message"), str)

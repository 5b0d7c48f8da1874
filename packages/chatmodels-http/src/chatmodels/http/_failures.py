"""Turns a failed response into the error that says what happened, why, and what to do."""

from collections.abc import Mapping

from chatmodels.core import ChatModelError, ErrorCode, error_class
from chatmodels.http._error_body import ErrorBody, excerpt, read_error_body
from chatmodels.http._exchange import HttpFailure
from chatmodels.http._headers import rate_limits, request_id, retry_after

STATUS_CODES: Mapping[int, ErrorCode] = {
    401: ErrorCode.AUTHENTICATION,
    402: ErrorCode.QUOTA_EXCEEDED,
    403: ErrorCode.PERMISSION_DENIED,
    407: ErrorCode.CONFIGURATION_INVALID,
    408: ErrorCode.TIMEOUT,
    409: ErrorCode.PROVIDER_UNAVAILABLE,  # another request holds a lock: the same may pass later
    425: ErrorCode.PROVIDER_UNAVAILABLE,
    429: ErrorCode.RATE_LIMITED,
    498: ErrorCode.PROVIDER_UNAVAILABLE,  # Groq's "Flex Tier Capacity Exceeded"
}
"""What statuses mean; other 4xx are invalid requests, 5xx an unavailable provider."""

VENDOR_CODES: Mapping[str, ErrorCode] = {
    word: code
    for code, words in {
        ErrorCode.AUTHENTICATION: "invalid_api_key authentication_error unauthenticated",
        ErrorCode.PERMISSION_DENIED: "permission_denied permission_error",
        ErrorCode.QUOTA_EXCEEDED: (
            "insufficient_quota quota_exceeded billing_hard_limit_reached billing_not_active "
            "billing_error insufficient_balance"
        ),
        ErrorCode.RATE_LIMITED: "rate_limit_exceeded rate_limit_error resource_exhausted",
        ErrorCode.CONTEXT_LENGTH_EXCEEDED: (
            "context_length_exceeded exceed_context_size_error too_many_prompt_tokens "
            "too_many_tokens"
        ),
        ErrorCode.CONTENT_FILTERED: (
            "content_filter content_policy_violation responsibleaipolicyviolation"
        ),
        ErrorCode.MODEL_NOT_FOUND: "model_not_found",
        ErrorCode.PROVIDER_UNAVAILABLE: (
            "overloaded_error server_error api_error internal_server_error service_unavailable "
            "engine_overloaded unavailable"
        ),
        ErrorCode.TIMEOUT: "timeout_error deadline_exceeded",
    }.items()
    for word in words.split()
}
"""Words that several vendors use as an error's code or type, in lower case."""


def standard_failure(
    failure: HttpFailure,
    provider: str,
    /,
    *,
    codes: Mapping[str, ErrorCode] = VENDOR_CODES,
    statuses: Mapping[int, ErrorCode] = STATUS_CODES,
    body: ErrorBody | None = None,
) -> ChatModelError:
    """Translate a failure as most vendors tell it.

    Args:
        failure: The response; its status is 200 for an error inside a success.
        provider: The provider's registered name.
        codes: What the vendor's words for code and type mean, in lower case; they count more
            than the status.
        statuses: What statuses mean, where the vendor means something else than most.
        body: What the body says, if the codec has read it already.
    """
    said = read_error_body(failure.body) if body is None else body
    status = failure.status if failure.status >= 300 else said.status or failure.status
    if 300 <= status < 400:
        return _redirect(failure, provider)
    code = _code(status, said, codes, statuses)
    wait = retry_after(failure.headers)
    known_id = request_id(failure.headers)
    details: dict[str, object] = {
        name: value
        for name, value in (
            ("provider_code", said.code),
            ("provider_type", said.type),
            ("provider_message", said.message),
            ("param", said.param),
            ("rate_limits", rate_limits(failure.headers)),
            ("should_retry", _SHOULD_RETRY.get(failure.headers.get("x-should-retry", ""))),
            ("body", excerpt(failure.body)),
        )
        if value is not None and value not in ("", {})
    }
    return error_class(code)(
        f"{provider}: {_what(status, code)}{_when(wait)}{_words(said)}{_which(known_id)}",
        code=code,
        status=failure.status,
        request_id=known_id,
        retry_after=wait,
        details=details,
    )


def _code(
    status: int,
    said: ErrorBody,
    codes: Mapping[str, ErrorCode],
    statuses: Mapping[int, ErrorCode],
) -> ErrorCode:
    for word in (said.code, said.type):
        if word is not None and (code := codes.get(word.lower())) is not None:
            return code
    text = said.message.lower()
    if 400 <= status < 500 or (status < 300 and said.type == "invalid_request_error"):
        # Where there is a limit per minute as well, 429 is about that one.
        if status != 429 and any(phrase in text for phrase in _TOO_LONG):
            return ErrorCode.CONTEXT_LENGTH_EXCEEDED
        if status in {400, 404} and "model" in text and any(phrase in text for phrase in _MISSING):
            return ErrorCode.MODEL_NOT_FOUND
        return statuses.get(status, ErrorCode.INVALID_REQUEST)
    # An error inside a 200 that says nothing more is a provider that broke while it answered.
    return statuses.get(status, ErrorCode.PROVIDER_UNAVAILABLE)


# Where vendors have no code of their own for it, their words are all there is.
_TOO_LONG = (
    "maximum context length",
    "context size",
    "context window",
    "prompt is too long",
    "too many tokens",
    "total length of all messages is too long",
)
_MISSING = ("not found", "does not exist", "not a valid model", "no such model", "unknown model")
_SHOULD_RETRY = {"true": True, "false": False}


def _what(status: int, code: ErrorCode) -> str:
    words = "authentication failed" if code == "authentication" else code.value.replace("_", " ")
    return f"{status} {words}" if status >= 400 else f"{words}, told inside a {status} answer"


def _when(wait: float | None) -> str:
    return "" if wait is None else f", retry after {round(wait, 3):g} s"


def _words(said: ErrorBody) -> str:
    if said.page:
        return f'; a web page came instead of JSON, perhaps from a proxy: "{said.message}"'
    return f': "{said.message}"' if said.message else ""


def _which(known_id: str | None) -> str:
    return "" if known_id is None else f" (request {known_id})"


def _redirect(failure: HttpFailure, provider: str) -> ChatModelError:
    from urllib.parse import urlsplit

    # Neither credentials nor a query, which may hold a signature, belong in an error.
    try:
        target = urlsplit(failure.headers.get("location", ""))
        where = f"{target.scheme}://{target.hostname}" if target.hostname else target.path
    except ValueError:
        where = ""
    known_id = request_id(failure.headers)
    return error_class(ErrorCode.RESPONSE_INVALID)(
        f"{provider}: {failure.status} redirect to {where or 'nowhere'!r}, which is not followed "
        f"since it would get the API key; set base_url to where the API is{_which(known_id)}",
        status=failure.status,
        request_id=known_id,
    )

"""Turns a failed response into the error that says what happened, why, and what to do."""

from chatmodels.core import ChatModelError, ErrorCode
from chatmodels.core.extending import error_class
from chatmodels.http._errors.body import ErrorBody, excerpt, read_error_body
from chatmodels.http._errors.headers import rate_limits, request_id, retry_after
from chatmodels.http._errors.rules import FailureRules
from chatmodels.http._exchange import HttpFailure

_STANDARD = FailureRules()


def standard_failure(
    failure: HttpFailure,
    provider: str,
    /,
    *,
    rules: FailureRules = _STANDARD,
    body: ErrorBody | None = None,
) -> ChatModelError:
    """Translate a failure by the rules of its API.

    Args:
        failure: The response; its status is 200 for an error inside a success.
        provider: The provider's registered name.
        rules: The tables of the API; by default those that all APIs share.
        body: What the body says, if the codec has read it already.
    """
    said = read_error_body(failure.body) if body is None else body
    status = failure.status if failure.status >= 300 else said.status or failure.status
    if 300 <= status < 400:
        return _redirect(failure, provider)
    code = rules.classify(status, said)
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

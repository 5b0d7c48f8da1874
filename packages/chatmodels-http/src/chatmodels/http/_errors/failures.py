"""Translates a failed response into an error with code, cause and remedy."""

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
        failure: The response; its status is 200 for an error in the body of a success.
        provider: The provider's registered name.
        rules: The tables of the API; by default those that all APIs share.
        body: The content of the body, if the codec has read it already.
    """
    body = read_error_body(failure.body) if body is None else body
    status = failure.status if failure.status >= 300 else body.status or failure.status
    if 300 <= status < 400:
        return _redirect(failure, provider)
    code = rules.classify(status, body)
    wait = retry_after(failure.headers)
    known_id = request_id(failure.headers)
    details: dict[str, object] = {
        name: value
        for name, value in (
            ("provider_code", body.code),
            ("provider_type", body.type),
            ("provider_message", body.message),
            ("param", body.param),
            ("rate_limits", rate_limits(failure.headers)),
            ("should_retry", _SHOULD_RETRY.get(failure.headers.get("x-should-retry", ""))),
            ("body", excerpt(failure.body)),
        )
        if value is not None and value not in ("", {})
    }
    return error_class(code)(
        f"{provider}: {_summary(status, code)}{_wait(wait)}{_message(body)}{_id(known_id)}",
        code=code,
        status=failure.status,
        request_id=known_id,
        retry_after=wait,
        details=details,
    )


_SHOULD_RETRY = {"true": True, "false": False}


def _summary(status: int, code: ErrorCode) -> str:
    text = "authentication failed" if code == "authentication" else code.value.replace("_", " ")
    return f"{status} {text}" if status >= 400 else f"{text}, reported in a {status} response"


def _wait(wait: float | None) -> str:
    return "" if wait is None else f", retry after {round(wait, 3):g} s"


def _message(body: ErrorBody) -> str:
    if body.page:
        return f'; the body is a web page instead of JSON, perhaps from a proxy: "{body.message}"'
    return f': "{body.message}"' if body.message else ""


def _id(known_id: str | None) -> str:
    return "" if known_id is None else f" (request {known_id})"


def _redirect(failure: HttpFailure, provider: str) -> ChatModelError:
    from urllib.parse import urlsplit

    # An error must contain neither credentials nor a query, which can contain a signature.
    try:
        url = urlsplit(failure.headers.get("location", ""))
        target = f"{url.scheme}://{url.hostname}" if url.hostname else url.path
    except ValueError:
        target = ""
    known_id = request_id(failure.headers)
    return error_class(ErrorCode.RESPONSE_INVALID)(
        f"{provider}: {failure.status} redirect to {target or 'nowhere'!r}, which is not followed "
        "since it would receive the API key; set base_url to the address of the API"
        f"{_id(known_id)}",
        status=failure.status,
        request_id=known_id,
    )

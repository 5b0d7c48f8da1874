"""Errors for bodies and events that the documentation of the vendor does not describe."""

from collections.abc import Callable
from typing import NoReturn
from warnings import warn

import msgspec

from chatmodels.core import ChatModelError, ResponseInvalidError
from chatmodels.http._errors.body import excerpt
from chatmodels.http._exchange import HttpFailure
from chatmodels.http.wire._json import NOT_JSON, Json, is_object


def raise_for_body(
    data: bytes,
    provider: str,
    what: str,
    why: object,
    read_failure: Callable[[HttpFailure], ChatModelError],
    *,
    reports_error: Callable[[dict[str, Json]], object] = lambda body: body.get("error"),
    tells_error: Callable[[dict[str, Json]], object] | None = None,
) -> NoReturn:
    """Raise the error that a body or an event reports, or an error about the body itself.

    Args:
        data: The body or the event.
        provider: The provider's registered name.
        what: The expected content, as in "a message".
        why: The reason why it is something else; an exception becomes the cause.
        read_failure: Translates the vendor's failures.
        reports_error: Returns a true value if a JSON object reports an error.
        tells_error: The former name of `reports_error`, to be removed in 0.3.

    Raises:
        ChatModelError: Always.
    """
    if tells_error is not None:
        warn(
            "tells_error=... is deprecated and will be removed in 0.3; use reports_error=...",
            DeprecationWarning,
            stacklevel=2,
        )
        reports_error = tells_error
    cause = why if isinstance(why, Exception) else None
    try:
        parsed = msgspec.json.decode(data)
    except NOT_JSON:
        parsed = None
    if is_object(parsed) and reports_error(parsed):
        raise read_failure(HttpFailure(status=200, headers={}, body=data)) from cause
    raise ResponseInvalidError(
        f"{provider} sent data that is not {what} ({why}): {excerpt(data)}",
        details={"body": excerpt(data)},
    ) from cause


def reject_listing(data: bytes, provider: str, error: Exception) -> NoReturn:
    """Raise an error about a body that is not a list of models.

    Raises:
        ResponseInvalidError: Always.
    """
    raise ResponseInvalidError(
        f"{provider} sent data that is not a list of models ({error}): {excerpt(data)}",
        details={"body": excerpt(data)},
    ) from error

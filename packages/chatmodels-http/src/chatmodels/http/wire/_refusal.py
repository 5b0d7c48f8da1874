"""Refusing what a vendor sent where it is not what the vendor's pages say."""

from collections.abc import Callable
from typing import NoReturn

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
    tells_error: Callable[[dict[str, Json]], object] = lambda body: body.get("error"),
) -> NoReturn:
    """Raise the error that a success or an event tells, or refuse it.

    Args:
        data: The body or the event.
        provider: The provider's registered name.
        what: What it should have been, as in "a message".
        why: Why it is not; an exception becomes the cause.
        read_failure: Translates the vendor's failures.
        tells_error: Finds out whether a JSON object tells of an error.

    Raises:
        ChatModelError: Always.
    """
    cause = why if isinstance(why, Exception) else None
    try:
        parsed = msgspec.json.decode(data)
    except NOT_JSON:
        parsed = None
    if is_object(parsed) and tells_error(parsed):
        raise read_failure(HttpFailure(status=200, headers={}, body=data)) from cause
    raise ResponseInvalidError(
        f"{provider} sent what is not {what} ({why}): {excerpt(data)}",
        details={"body": excerpt(data)},
    ) from cause


def reject_listing(data: bytes, provider: str, error: Exception) -> NoReturn:
    """Refuse what should have been a listing of models.

    Raises:
        ResponseInvalidError: Always.
    """
    raise ResponseInvalidError(
        f"{provider} sent what is not a listing of models ({error}): {excerpt(data)}",
        details={"body": excerpt(data)},
    ) from error

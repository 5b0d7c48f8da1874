"""An attempt of a call that failed."""

import msgspec

from chatmodels.core._errors.codes import ErrorCode


class FailedAttempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt of a call that failed, and the reason.

    Attributes:
        code: The reason.
        message: The error message.
        provider: The registered name of the provider that was called.
        model: The model that was called.
        status: The HTTP status, if there was a response.
        request_id: The provider's id of the request, for its support.
        retry_after: The delay that the provider requested, in seconds.
    """

    code: ErrorCode
    message: str
    provider: str | None = None
    model: str | None = None
    status: int | None = None
    request_id: str | None = None
    retry_after: float | None = None

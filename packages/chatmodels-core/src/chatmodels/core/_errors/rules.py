"""Rules for errors: the class of a code, the code of an exception, and whether to retry."""

from chatmodels.core._errors.attempts import FailedAttempt
from chatmodels.core._errors.classes import (
    AuthenticationError,
    CallTimeoutError,
    ChatModelError,
    CircuitOpenError,
    ConfigurationError,
    ContentFilteredError,
    ContextLengthError,
    InternalError,
    InvalidRequestError,
    ModelNotFoundError,
    NetworkError,
    OutputInvalidError,
    PermissionDeniedError,
    ProviderConflictError,
    ProviderNotFoundError,
    ProviderUnavailableError,
    QuotaExceededError,
    RateLimitError,
    ResponseInvalidError,
    StreamInterruptedError,
    ToolArgumentsError,
    ToolFailedError,
    ToolLimitError,
    UnsupportedError,
)
from chatmodels.core._errors.codes import ErrorCode

_CLASSES: dict[ErrorCode, type[ChatModelError]] = {
    error.default_code: error
    for error in (
        ConfigurationError,
        ProviderNotFoundError,
        ProviderConflictError,
        ProviderUnavailableError,
        CircuitOpenError,
        AuthenticationError,
        PermissionDeniedError,
        RateLimitError,
        QuotaExceededError,
        InvalidRequestError,
        UnsupportedError,
        ModelNotFoundError,
        ContextLengthError,
        ContentFilteredError,
        CallTimeoutError,
        NetworkError,
        ResponseInvalidError,
        OutputInvalidError,
        ToolArgumentsError,
        ToolFailedError,
        ToolLimitError,
        StreamInterruptedError,
        InternalError,
    )
}


def error_class(code: ErrorCode, /) -> type[ChatModelError]:
    """Return the exception class of a code; that of `cancelled` is `ChatModelError`."""
    return _CLASSES.get(code, ChatModelError)


def failed_attempt(error: ChatModelError, /) -> FailedAttempt:
    """Return the facts of an attempt that failed with an error."""
    return FailedAttempt(
        code=error.code,
        message=error.message,
        provider=error.provider,
        model=error.model,
        status=error.status,
        request_id=error.request_id,
        retry_after=error.retry_after,
    )


def error_code(error: BaseException, /) -> ErrorCode:
    """Return the code of any exception, including those of other libraries and cancellations."""
    if isinstance(error, ChatModelError):
        return error.code
    # asyncio, trio, Ctrl-C, sys.exit() and closed generators all stop a call from outside. Their
    # exceptions are not subclasses of Exception, so that no import is needed to recognize them.
    return ErrorCode.INTERNAL if isinstance(error, Exception) else ErrorCode.CANCELLED


def is_retryable(error: BaseException, /) -> bool:
    """Report whether the same call can succeed if it is repeated.

    True for rate limits, overload and outages of the provider, time-outs, lost connections and
    broken streams. An explicit hint of the provider, the header `x-should-retry`, takes precedence
    over the code; it is in `details["should_retry"]`. The caller specifies whether the call may be
    repeated at all: see `ChatRequest.idempotent`.
    """
    return isinstance(error, ChatModelError) and error.retryable

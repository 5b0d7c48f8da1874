"""What the code of an error is, what class stands for it, and whether trying again makes sense."""

from chatmodels.core._errors.classes import (
    AuthenticationError,
    CallTimeoutError,
    ChatModelError,
    CircuitOpenError,
    ConfigurationError,
    ContentFilteredError,
    ContextLengthError,
    ErrorCode,
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

_RETRYABLE = frozenset(
    {
        ErrorCode.PROVIDER_UNAVAILABLE,
        ErrorCode.RATE_LIMITED,
        ErrorCode.TIMEOUT,
        ErrorCode.NETWORK,
        ErrorCode.STREAM_INTERRUPTED,
    }
)

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
    """Name the exception class that stands for a code (`cancelled` has the root class)."""
    return _CLASSES.get(code, ChatModelError)


def error_code(error: BaseException, /) -> ErrorCode:
    """Name the code of any exception, foreign ones and cancellations included."""
    if isinstance(error, ChatModelError):
        return error.code
    # asyncio, trio, Ctrl-C, sys.exit() and closed generators all stop a call from outside, and
    # all of them stand beside Exception, so that neither library need be imported to tell.
    return ErrorCode.INTERNAL if isinstance(error, Exception) else ErrorCode.CANCELLED


def is_retryable(error: BaseException, /) -> bool:
    """Report whether the same call may succeed if it is made again.

    True for rate limits, overload and outages of the provider, time-outs, lost connections and
    broken streams. An explicit hint of the provider, the header `x-should-retry`, counts more than
    the code; it is in `details["should_retry"]`. Whether the call may be repeated at all is for
    the caller to know: see `ChatRequest.idempotent`.
    """
    if not isinstance(error, ChatModelError) or isinstance(error, ConfigurationError):
        return False
    hint = error.details.get("should_retry")
    return hint if isinstance(hint, bool) else error.code in _RETRYABLE

"""The error classes and their codes.

```
ChatModelError
├── ConfigurationError           configuration_invalid
│   ├── ProviderNotFoundError    provider_not_found
│   ├── ProviderConflictError    provider_conflict
│   └── ProviderImportError      provider_unavailable
├── ProviderUnavailableError     provider_unavailable
│   └── CircuitOpenError         circuit_open
├── AuthenticationError          authentication
├── PermissionDeniedError        permission_denied
├── RateLimitError               rate_limited
├── QuotaExceededError           quota_exceeded
├── InvalidRequestError          invalid_request
│   ├── UnsupportedError         unsupported
│   ├── ModelNotFoundError       model_not_found
│   ├── ContextLengthError       context_length_exceeded
│   └── ContentFilteredError     content_filtered
├── CallTimeoutError             timeout             (also a builtin TimeoutError)
├── NetworkError                 network             (also a builtin ConnectionError)
├── ResponseInvalidError         response_invalid
│   └── OutputInvalidError       output_invalid
├── ToolArgumentsError           tool_arguments_invalid
├── ToolFailedError              tool_failed
├── ToolLimitError               tool_limit_reached
├── StreamInterruptedError       stream_interrupted
└── InternalError                internal
```

The code `cancelled` has no class: cancellations propagate unchanged.
"""

from collections.abc import Mapping
from copyreg import __newobj__  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
from typing import Any, ClassVar, Self

from chatmodels.core._errors.attempts import FailedAttempt
from chatmodels.core._errors.codes import RETRYABLE, ErrorCode

Details = Mapping[str, object]


class ChatModelError(Exception):
    """The base class of all failures of chatmodels and of providers.

    Attributes:
        op: The operation that failed: "generate", "stream", "create_chat_model", "resolve", ...
        code: The reason, one of a closed set.
        message: The facts and the remedy; `str(error)` is the same text.
        provider: The provider's registered name, if one was involved.
        model: The model's name, if one was involved.
        status: The HTTP status, if there was a response.
        request_id: The provider's id of the request, for its support.
        retry_after: The delay before the next attempt that the provider requests, in seconds.
        details: Further facts, such as the vendor's own error code and type, or a bounded
            excerpt of the body. Never a secret.
        failed_attempts: The attempts of the call that failed, in order, the last one included.
        partial: The partial response of a broken stream, as a `ChatResponse`; None if there is
            none. Its type is not declared here, because responses consist of messages, which
            raise these errors.
        run: The completed rounds of `run_tools` or one of its twins, as a `ToolRun`; None outside
            of them. Its type is not declared here for the same reason.
    """

    default_code: ClassVar[ErrorCode] = ErrorCode.INTERNAL
    failed_attempts: tuple[FailedAttempt, ...] = ()
    run: Any = None

    def __init__(
        self,
        message: str,
        *,
        op: str = "",
        code: ErrorCode | None = None,
        provider: str | None = None,
        model: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        details: Details | None = None,
        partial: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.op = op
        self.code = self.default_code if code is None else code
        self.provider = provider
        self.model = model
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.details: Details = {} if details is None else details
        self.partial = partial

    @property
    def retryable(self) -> bool:
        """True if the same call can succeed if it is repeated; see `is_retryable`."""
        hint = self.details.get("should_retry")
        return hint if isinstance(hint, bool) else self.code in RETRYABLE

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy by the attributes: the default would lose the keyword arguments.

        A cause that is not a `ChatModelError` becomes a `RuntimeError` with its type and its
        masked text, since it can contain the request with the key and the prompt.
        """
        from chatmodels.core._errors.pickling import described

        cause = None if self.__cause__ is None else described(self.__cause__, ChatModelError)
        # The state is pickled after the error itself, so that causes can be cyclic.
        state = (dict(self.__dict__), cause, self.args)
        return __newobj__, (type(self),), state  # pyright: ignore[reportUnknownVariableType]

    def __setstate__(self, state: Any, /) -> None:
        """Restore the attributes and the cause that `__reduce__` returned."""
        from chatmodels.core._errors.pickling import restored

        attributes, cause, *args = state
        if args:  # pickles of 0.1.0 set them themselves
            (self.args,) = args
        self.__dict__.update(attributes)
        if cause is not None:
            self.__cause__ = restored(cause)

    def located(
        self, *, op: str | None = None, provider: str | None = None, model: str | None = None
    ) -> Self:
        """Set the attributes that are not set yet, and return the error."""
        self.op = self.op or op or ""
        self.provider = self.provider or provider
        self.model = self.model or model
        return self


class ConfigurationError(ChatModelError):
    """The configuration is invalid; the message lists every problem."""

    default_code = ErrorCode.CONFIGURATION_INVALID

    @property
    def retryable(self) -> bool:
        """False: the same configuration fails again."""
        return False


class ProviderNotFoundError(ConfigurationError):
    """No provider with the name is registered or installed."""

    default_code = ErrorCode.PROVIDER_NOT_FOUND


class ProviderConflictError(ConfigurationError):
    """Two providers have the same name; the message contains both modules."""

    default_code = ErrorCode.PROVIDER_CONFLICT


class ProviderImportError(ConfigurationError):
    """An installed provider could not be imported; the cause is chained."""

    default_code = ErrorCode.PROVIDER_UNAVAILABLE


class ProviderUnavailableError(ChatModelError):
    """The provider is down, overloaded or failing (HTTP 5xx)."""

    default_code = ErrorCode.PROVIDER_UNAVAILABLE


class CircuitOpenError(ProviderUnavailableError):
    """A circuit breaker rejects calls until the provider has had time to recover."""

    default_code = ErrorCode.CIRCUIT_OPEN


class AuthenticationError(ChatModelError):
    """The provider rejected the credentials, or there are none."""

    default_code = ErrorCode.AUTHENTICATION


class PermissionDeniedError(ChatModelError):
    """The credentials are valid, but do not permit the operation."""

    default_code = ErrorCode.PERMISSION_DENIED


class RateLimitError(ChatModelError):
    """Too many requests or tokens; `retry_after` is the time to wait, if known."""

    default_code = ErrorCode.RATE_LIMITED


class QuotaExceededError(ChatModelError):
    """The account has no credit or quota left; a short wait does not help."""

    default_code = ErrorCode.QUOTA_EXCEEDED


class InvalidRequestError(ChatModelError):
    """The request is invalid."""

    default_code = ErrorCode.INVALID_REQUEST


class UnsupportedError(InvalidRequestError):
    """The provider or the model does not support a part of the request."""

    default_code = ErrorCode.UNSUPPORTED


class ModelNotFoundError(InvalidRequestError):
    """The provider does not have the model, or not for this account."""

    default_code = ErrorCode.MODEL_NOT_FOUND


class ContextLengthError(InvalidRequestError):
    """The conversation and the requested tokens exceed the model's context window."""

    default_code = ErrorCode.CONTEXT_LENGTH_EXCEEDED


class ContentFilteredError(InvalidRequestError):
    """The provider's safety system refused the request."""

    default_code = ErrorCode.CONTENT_FILTERED


class CallTimeoutError(ChatModelError, TimeoutError):
    """A time limit was exceeded; the message contains the limit and its seconds."""

    default_code = ErrorCode.TIMEOUT


class NetworkError(ChatModelError, ConnectionError):
    """The provider could not be reached, or the connection broke before a response arrived."""

    default_code = ErrorCode.NETWORK


class ResponseInvalidError(ChatModelError):
    """The provider returned something other than a response of its API."""

    default_code = ErrorCode.RESPONSE_INVALID


class OutputInvalidError(ResponseInvalidError):
    """The response does not match the `output_type`; `partial` is the whole response."""

    default_code = ErrorCode.OUTPUT_INVALID


class ToolArgumentsError(ChatModelError):
    """The model called a tool with invalid arguments; the message can be sent back to it."""

    default_code = ErrorCode.TOOL_ARGUMENTS_INVALID


class ToolFailedError(ChatModelError):
    """A tool raised an exception, the cause, in a run with `on_tool_error="raise"`."""

    default_code = ErrorCode.TOOL_FAILED


class ToolLimitError(ChatModelError):
    """A run of tools reached a limit before its final response; `run` is what it had done."""

    default_code = ErrorCode.TOOL_LIMIT_REACHED


class StreamInterruptedError(ChatModelError):
    """A stream broke or ended without its terminal event; `partial` is the response so far."""

    default_code = ErrorCode.STREAM_INTERRUPTED


class InternalError(ChatModelError):
    """A defect of this library or of a provider package; please report it."""

    default_code = ErrorCode.INTERNAL


# Pickles of 0.1.0 refer to these functions.


def _blank(cls: type[ChatModelError], args: tuple[Any, ...]) -> ChatModelError:
    error = cls.__new__(cls)  # a subclass can require other arguments than ours
    error.args = args
    return error


def _restored(  # pyright: ignore[reportUnusedFunction]
    cls: type[ChatModelError],
    args: tuple[Any, ...],
    attributes: dict[str, Any],
    cause: BaseException | None,
) -> ChatModelError:
    error = _blank(cls, args)
    error.__dict__.update(attributes)
    error.__cause__ = cause
    return error

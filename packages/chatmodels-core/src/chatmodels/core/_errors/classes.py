"""What can go wrong, and under which code.

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
├── StreamInterruptedError       stream_interrupted
└── InternalError                internal
```

The code `cancelled` has no class: a cancellation passes through as it is.
"""

from collections.abc import Mapping
from copyreg import __newobj__  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
from enum import StrEnum
from typing import Any, ClassVar, Self

Details = Mapping[str, object]


class ErrorCode(StrEnum):
    """Why an operation failed: a closed set that programs and dashboards can rely on."""

    PROVIDER_NOT_FOUND = "provider_not_found"
    PROVIDER_CONFLICT = "provider_conflict"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    CONFIGURATION_INVALID = "configuration_invalid"
    AUTHENTICATION = "authentication"
    PERMISSION_DENIED = "permission_denied"
    QUOTA_EXCEEDED = "quota_exceeded"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    NETWORK = "network"
    CANCELLED = "cancelled"
    INVALID_REQUEST = "invalid_request"
    CONTEXT_LENGTH_EXCEEDED = "context_length_exceeded"
    CONTENT_FILTERED = "content_filtered"
    MODEL_NOT_FOUND = "model_not_found"
    UNSUPPORTED = "unsupported"
    TOOL_ARGUMENTS_INVALID = "tool_arguments_invalid"
    OUTPUT_INVALID = "output_invalid"
    RESPONSE_INVALID = "response_invalid"
    STREAM_INTERRUPTED = "stream_interrupted"
    CIRCUIT_OPEN = "circuit_open"
    INTERNAL = "internal"


class ChatModelError(Exception):
    """Any failure of this library or of a provider, told in one shape.

    Attributes:
        op: The operation that failed: "generate", "stream", "create_chat_model", "resolve", ...
        code: Why, as one of a closed set.
        message: What happened, on what, and what to do; `str(error)` is the same text.
        provider: The provider's registered name, where one was involved.
        model: The model's name, where one was involved.
        status: The HTTP status, where there was a response.
        request_id: The provider's id of the request, for its support.
        retry_after: Seconds that the provider asks to wait before the next attempt.
        details: Further facts, such as the vendor's own error code and type, or a bounded
            excerpt of the body. Never a secret.
        partial: The part of the response that a broken stream had delivered, as a `ChatResponse`;
            None if there is none. Its type is not declared here, because responses consist of
            messages, which raise these errors.
    """

    default_code: ClassVar[ErrorCode] = ErrorCode.INTERNAL

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
        """Whether the same call may succeed if it is made again; see `is_retryable`."""
        from chatmodels.core._errors.rules import is_retryable  # which imports this module

        return is_retryable(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy by the attributes: the default would lose the keyword arguments.

        A cause that is not a `ChatModelError` becomes a `RuntimeError` with its type and its
        masked text, since it may hold the request with the key and the prompt.
        """
        from chatmodels.core._errors.pickling import described

        cause = None if self.__cause__ is None else described(self.__cause__, ChatModelError)
        # The state is pickled after the error itself, so that causes may form a circle.
        state = (dict(self.__dict__), cause, self.args)
        return __newobj__, (type(self),), state  # pyright: ignore[reportUnknownVariableType]

    def __setstate__(self, state: Any, /) -> None:
        """Take the attributes and the cause as `__reduce__` gave them."""
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
        """Fill in where the error happened, keeping what is already known, and return it."""
        self.op = self.op or op or ""
        self.provider = self.provider or provider
        self.model = self.model or model
        return self


class ConfigurationError(ChatModelError):
    """Something is set up wrongly; the message lists every problem at once."""

    default_code = ErrorCode.CONFIGURATION_INVALID


class ProviderNotFoundError(ConfigurationError):
    """No provider is registered or installed under a name."""

    default_code = ErrorCode.PROVIDER_NOT_FOUND


class ProviderConflictError(ConfigurationError):
    """Two providers claim one name; the message names both modules."""

    default_code = ErrorCode.PROVIDER_CONFLICT


class ProviderImportError(ConfigurationError):
    """An installed provider could not be imported; the cause is chained."""

    default_code = ErrorCode.PROVIDER_UNAVAILABLE


class ProviderUnavailableError(ChatModelError):
    """The provider is down, overloaded or failing (HTTP 5xx)."""

    default_code = ErrorCode.PROVIDER_UNAVAILABLE


class CircuitOpenError(ProviderUnavailableError):
    """A circuit breaker refuses calls until the provider has had time to recover."""

    default_code = ErrorCode.CIRCUIT_OPEN


class AuthenticationError(ChatModelError):
    """The provider does not know the credentials, or there are none."""

    default_code = ErrorCode.AUTHENTICATION


class PermissionDeniedError(ChatModelError):
    """The credentials are known, but may not do this."""

    default_code = ErrorCode.PERMISSION_DENIED


class RateLimitError(ChatModelError):
    """Too many requests or tokens for now; `retry_after` says how long to wait, if known."""

    default_code = ErrorCode.RATE_LIMITED


class QuotaExceededError(ChatModelError):
    """The account has no credit or quota left; waiting a little will not help."""

    default_code = ErrorCode.QUOTA_EXCEEDED


class InvalidRequestError(ChatModelError):
    """The request cannot be served as it is."""

    default_code = ErrorCode.INVALID_REQUEST


class UnsupportedError(InvalidRequestError):
    """The provider or the model has no way to honour a part of the request."""

    default_code = ErrorCode.UNSUPPORTED


class ModelNotFoundError(InvalidRequestError):
    """The provider has no such model, or not for this account."""

    default_code = ErrorCode.MODEL_NOT_FOUND


class ContextLengthError(InvalidRequestError):
    """The conversation and the tokens asked for do not fit into the model's context window."""

    default_code = ErrorCode.CONTEXT_LENGTH_EXCEEDED


class ContentFilteredError(InvalidRequestError):
    """The provider's safety system refused the request."""

    default_code = ErrorCode.CONTENT_FILTERED


class CallTimeoutError(ChatModelError, TimeoutError):
    """A time limit passed; the message says which one and after how many seconds."""

    default_code = ErrorCode.TIMEOUT


class NetworkError(ChatModelError, ConnectionError):
    """The provider could not be reached, or the connection broke before an answer came."""

    default_code = ErrorCode.NETWORK


class ResponseInvalidError(ChatModelError):
    """The provider answered with something that is not a response of its API."""

    default_code = ErrorCode.RESPONSE_INVALID


class OutputInvalidError(ResponseInvalidError):
    """The model's answer does not fit the `output_type`; `partial` is the whole response."""

    default_code = ErrorCode.OUTPUT_INVALID


class ToolArgumentsError(ChatModelError):
    """The model called a tool with arguments that do not fit; the message can be sent back."""

    default_code = ErrorCode.TOOL_ARGUMENTS_INVALID


class StreamInterruptedError(ChatModelError):
    """A stream broke or ended without its terminal event; `partial` holds what had arrived."""

    default_code = ErrorCode.STREAM_INTERRUPTED


class InternalError(ChatModelError):
    """A defect of this library or of a provider package; please report it."""

    default_code = ErrorCode.INTERNAL


# Pickles of 0.1.0 name these functions.


def _blank(cls: type[ChatModelError], args: tuple[Any, ...]) -> ChatModelError:
    error = cls.__new__(cls)  # a subclass may need other arguments than ours
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

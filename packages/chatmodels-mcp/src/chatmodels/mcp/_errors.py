"""Converts failures of the SDK to errors of chatmodels.

ChatModelError
├── ConfigurationError      the program of the server cannot be started
├── AuthenticationError     HTTP 401
├── PermissionDeniedError   HTTP 403
├── RateLimitError          HTTP 429
├── ProviderUnavailableError  HTTP 5xx
├── CallTimeoutError        a time limit
├── ResponseInvalidError    a result that does not conform to the protocol
└── NetworkError            the server cannot be reached, or the connection is lost
"""

from collections.abc import Mapping, Sequence

from chatmodels.core import (
    AuthenticationError,
    CallTimeoutError,
    ChatModelError,
    ConfigurationError,
    NetworkError,
    PermissionDeniedError,
    ProviderUnavailableError,
    RateLimitError,
)
from chatmodels.mcp._masking import masked
from chatmodels.mcp._transport import Opening

_ERRORS_OF_STATUS: Mapping[int, type[ChatModelError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    429: RateLimitError,
}
_FIRST_SERVER_ERROR = 500
_SHOWN_LINES = 5


class SessionLostError(Exception):
    """The server does not know the session of a call, and did not run the tool."""


def status_error(status: int | None, /) -> type[ChatModelError] | None:
    """Return the class of the error for an HTTP status; None if the body has the reason."""
    if status is not None and status >= _FIRST_SERVER_ERROR:
        return ProviderUnavailableError
    return _ERRORS_OF_STATUS.get(status or 0)


def root_cause(error: BaseException, /) -> BaseException:
    """Return the first exception of nested groups, which task groups raise."""
    exceptions: Sequence[BaseException] = getattr(error, "exceptions", ())
    return root_cause(exceptions[0]) if exceptions else error


def connection_failed(
    opening: Opening, name: str, cause: BaseException, status: int | None, /
) -> ChatModelError:
    """Return the error for a server that cannot be reached, chained to its cause."""
    if isinstance(cause, ChatModelError):
        return cause.located(op="mcp")
    subject = f"the MCP server {name}"
    if isinstance(cause, OSError) and opening.network == "pipe":
        error: ChatModelError = ConfigurationError(
            f"cannot start {subject}: {_text(opening, cause)}; install the program, or pass its "
            "path",
            op="mcp",
        )
    elif (refused := status_error(status)) is not None:
        error = refused(f"{subject} returned HTTP {status}", op="mcp", status=status)
    else:
        error = NetworkError(
            f"cannot connect to {subject}: {_text(opening, cause)}{_written(opening)}", op="mcp"
        )
    error.__cause__ = cause
    return error


def connection_timed_out(opening: Opening, name: str, seconds: float, /) -> ChatModelError:
    """Return the error for a server that does not answer."""
    return CallTimeoutError(
        f"the MCP server {name} was not ready within {seconds:g} s; pass connect_timeout=..."
        f"{_written(opening)}",
        op="mcp",
    )


def connection_lost(
    opening: Opening, name: str, tool: str, cause: BaseException | None, /
) -> ChatModelError:
    """Return the error for a call without a result, chained to its cause."""
    if isinstance(cause, ChatModelError):
        return cause.located(op="mcp")
    reason = "" if cause is None else f" ({_text(opening, cause)})"
    error = NetworkError(
        f"the connection to the MCP server {name} was lost{reason} during the call of {tool!r}, "
        f"which may have had an effect; the next call connects again{_written(opening)}",
        op="mcp",
    )
    error.__cause__ = cause
    return error


def _text(opening: Opening, cause: BaseException) -> str:
    text = masked(str(cause), opening.secrets)
    kind = type(cause).__name__
    return f"{kind}: {text}" if text else kind


def _written(opening: Opening) -> str:
    lines = opening.diagnosis().splitlines()[-_SHOWN_LINES:]
    return "; it wrote to stderr: " + "\n".join(lines) if lines else ""

"""The HTTP statuses of failed requests, by the task that sent them.

The SDK reports most of them as one error without the status. It sends each request with the
context variables of its caller, so that the response can be noted for the caller.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

_SESSION = "mcp-session-id"
_FIRST_ERROR = 400
_NOT_FOUND = 404


class Failures:
    """The failed HTTP requests of one caller.

    Attributes:
        status: The status of the last one; None without any.
        is_session_lost: Whether the server no longer knows the session, and did nothing.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self.is_session_lost = False


_failures: ContextVar[Failures | None] = ContextVar("chatmodels_mcp_failures", default=None)


@contextmanager
def noted_failures() -> Generator[Failures]:
    """Note the failed requests of the code in the block, and of the tasks that it starts."""
    token = _failures.set(failures := Failures())
    try:
        yield failures
    finally:
        _failures.reset(token)


async def note_status(response: "httpx2.Response") -> None:
    """Note a failed response: a hook for `httpx2.AsyncClient`."""
    failures = _failures.get()
    status = response.status_code
    if failures is None or status < _FIRST_ERROR:
        return
    failures.status = status
    # "When a client receives HTTP 404 in response to a request containing an Mcp-Session-Id, it
    # MUST start a new session": specification of MCP, "Transports", "Session Management".
    if status == _NOT_FOUND and _SESSION in response.request.headers:
        failures.is_session_lost = True

"""Sends a request, once more if the connection was kept and the server had closed it.

Servers can close an idle connection while a request is on its way, or at once although they
announced to keep it (llama.cpp's server after each stream). No byte of a response has arrived then.
"""

from chatmodels.core.extending import CallInfo
from chatmodels.http._transport.engine import (
    AsyncEngine,
    AsyncHttpResponse,
    Deadlines,
    Engine,
    HttpResponse,
    RequestHead,
    TransferError,
)


def send(
    engine: Engine, head: RequestHead, body: bytes, deadlines: Deadlines, call: CallInfo | None, /
) -> HttpResponse:
    """Send a request and wait for the head of its response.

    Args:
        engine: The engine.
        head: The method, the URL and the headers.
        body: The body.
        deadlines: The time limits.
        call: The call that the request is for: if it is not idempotent, it is not sent again.

    Raises:
        TransferError: The request or its response failed in transit.
    """
    try:
        return engine.send(head, body, deadlines)
    except TransferError as error:
        if not _is_repeatable(error, call):
            raise
    return engine.send(head, body, deadlines)


async def asend(
    engine: AsyncEngine,
    head: RequestHead,
    body: bytes,
    deadlines: Deadlines,
    call: CallInfo | None,
    /,
) -> AsyncHttpResponse:
    """Async version of `send`."""
    try:
        return await engine.send(head, body, deadlines)
    except TransferError as error:
        if not _is_repeatable(error, call):
            raise
    return await engine.send(head, body, deadlines)


def _is_repeatable(error: TransferError, call: CallInfo | None) -> bool:
    return error.stale and (call is None or call.request.idempotent)

"""Sends a request, once more if the connection was kept and the server had closed it.

Servers can close an idle connection while a request is on its way, or at once although they
announced to keep it (llama.cpp's server after each stream). No byte of a response has arrived then.
"""

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
    engine: Engine, head: RequestHead, body: bytes, deadlines: Deadlines, /, *, idempotent: bool
) -> HttpResponse:
    """Send a request and wait for the head of its response.

    Args:
        engine: The engine.
        head: The method, the URL and the headers.
        body: The body.
        deadlines: The time limits.
        idempotent: Whether the request can be sent again.

    Raises:
        TransferError: The request or its response failed in transit.
    """
    try:
        return engine.send(head, body, deadlines)
    except TransferError as error:
        if not (error.stale and idempotent):
            raise
    return engine.send(head, body, deadlines)


async def asend(
    engine: AsyncEngine,
    head: RequestHead,
    body: bytes,
    deadlines: Deadlines,
    /,
    *,
    idempotent: bool,
) -> AsyncHttpResponse:
    """Async version of `send`."""
    try:
        return await engine.send(head, body, deadlines)
    except TransferError as error:
        if not (error.stale and idempotent):
            raise
    return await engine.send(head, body, deadlines)

"""Runs the exchanges of sources, which yield requests and receive the bodies of responses."""

from collections.abc import Awaitable, Callable

from chatmodels.http._exchange import HttpRequest
from chatmodels.http._signing import ExchangingSource, Signer


def exchange(
    source: ExchangingSource, send: Callable[[HttpRequest], bytes], rejected: Signer | None
) -> Signer:
    """Return the credentials at the end of an exchange.

    Args:
        source: The source of the credentials.
        send: Sends a request and returns the body of its successful response.
        rejected: Credentials that the vendor has just rejected.

    Raises:
        ChatModelError: A request failed, or there are no credentials.
    """
    steps = source.exchange(rejected)
    try:
        request = next(steps)
        while True:
            try:
                body = send(request)
            except BaseException as error:
                request = steps.throw(error)
            else:
                request = steps.send(body)
    except StopIteration as end:
        return end.value


async def aexchange(
    source: ExchangingSource,
    send: Callable[[HttpRequest], Awaitable[bytes]],
    rejected: Signer | None,
) -> Signer:
    """Async version of `exchange`."""
    steps = source.exchange(rejected)
    try:
        request = next(steps)
        while True:
            try:
                body = await send(request)
            except BaseException as error:
                request = steps.throw(error)
            else:
                request = steps.send(body)
    except StopIteration as end:
        return end.value

"""Reads whole bodies, within bounds."""

from collections.abc import Callable
from contextlib import suppress

from chatmodels.core import ChatModelError, ResponseInvalidError
from chatmodels.http._deadlines import Limits
from chatmodels.http._errors.response_errors import broken_off
from chatmodels.http._transport.engine import AsyncHttpResponse, HttpResponse, TransferError

Finished = Callable[[ChatModelError, HttpResponse | AsyncHttpResponse], ChatModelError]

MAX_BODY_BYTES = 64 * 1024 * 1024
"""How long a whole answer may be."""

MAX_FAILURE_BYTES = 64 * 1024
"""How much of the body of a failure is read."""

DRAIN_SECONDS = 0.1
"""How long the end of a body is waited for after the end of the answer.

A body that was not read to its end costs its connection, and the next call a new one.
"""

LINGER_PIECES = 16

FAILURE_SECONDS = 5.0
"""How long the body of a failure may take: its status says the most."""


class BoundedBuffer:
    """The pieces of a body that have come.

    Args:
        provider: The provider's registered name, for messages.
        limit: How many bytes there may be.
    """

    __slots__ = ("_limit", "_pieces", "_provider", "_size")

    def __init__(self, provider: str, limit: int) -> None:
        self._provider = provider
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Take a piece in.

        Raises:
            ResponseInvalidError: The body is too long.
        """
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > self._limit:
            raise ResponseInvalidError(
                f"{self._provider}: the answer has more than {self._limit} bytes"
            )

    def whole(self) -> bytes:
        """Give all pieces as one."""
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)


def read_body(answer: HttpResponse, limits: Limits, provider: str, finished: Finished) -> bytes:
    """Read a body to its end and release the connection.

    Args:
        answer: The response, of which only the head has been read.
        limits: Those of the attempt.
        provider: The provider's name, for messages.
        finished: Completes an error with the facts of the head, and masks secrets in it.

    Raises:
        ChatModelError: It is too long, took too long, or did not come whole.
    """
    body = BoundedBuffer(provider, MAX_BODY_BYTES)
    try:
        while (piece := answer.read()) is not None:
            body.add(piece)
            limits.check()
    except TransferError as error:
        broken = broken_off(error, limits, provider, begun=False)
        raise finished(broken, answer) from error.__cause__
    except ChatModelError as error:
        finished(error, answer)
        raise
    finally:
        answer.close()
    return body.whole()


async def aread_body(
    answer: AsyncHttpResponse, limits: Limits, provider: str, finished: Finished
) -> bytes:
    """Read a body to its end and release the connection; the twin of `read_body`."""
    body = BoundedBuffer(provider, MAX_BODY_BYTES)
    try:
        while (piece := await answer.read()) is not None:
            body.add(piece)
            limits.check()
    except TransferError as error:
        broken = broken_off(error, limits, provider, begun=False)
        raise finished(broken, answer) from error.__cause__
    except ChatModelError as error:
        finished(error, answer)
        raise
    finally:
        await answer.aclose()
    return body.whole()


def read_failure(answer: HttpResponse, limits: Limits) -> bytes:
    """Read the body of a failure as far as it comes soon, and give the connection back."""
    limits.cap(FAILURE_SECONDS)
    body = b""
    try:
        while len(body) < MAX_FAILURE_BYTES and (piece := answer.read()) is not None:
            body += piece
            if limits.is_capped():  # while a piece is decoded, no engine looks at the time
                break
    except TransferError:
        return body  # better half of the vendor's words than none
    finally:
        answer.close()
        limits.cap()
    return body[:MAX_FAILURE_BYTES]


async def aread_failure(answer: AsyncHttpResponse, limits: Limits) -> bytes:
    """Read the body of a failure; the twin of `read_failure`."""
    limits.cap(FAILURE_SECONDS)
    body = b""
    try:
        while len(body) < MAX_FAILURE_BYTES and (piece := await answer.read()) is not None:
            body += piece
            if limits.is_capped():
                break
    except TransferError:
        return body
    finally:
        await answer.aclose()
        limits.cap()
    return body[:MAX_FAILURE_BYTES]


def drain(answer: HttpResponse, limits: Limits) -> None:
    """Read the rest of a body whose answer has ended, if it comes at once: see `DRAIN_SECONDS`."""
    if answer.exact:
        limits.cap(DRAIN_SECONDS)
        with suppress(TransferError):
            for _ in range(LINGER_PIECES):
                if answer.read() is None:
                    break


async def adrain(answer: AsyncHttpResponse, limits: Limits) -> None:
    """Read the rest of a body; the twin of `drain`."""
    limits.cap(DRAIN_SECONDS)
    with suppress(TransferError):
        for _ in range(LINGER_PIECES):
            if await answer.read() is None:
                break

"""Reads whole bodies, within limits of size and time."""

from collections.abc import Callable
from contextlib import suppress

from chatmodels.core import ChatModelError, ResponseInvalidError
from chatmodels.http._deadlines import Limits
from chatmodels.http._errors.response_errors import body_error
from chatmodels.http._transport.engine import AsyncHttpResponse, HttpResponse, TransferError

CompleteError = Callable[[ChatModelError, HttpResponse | AsyncHttpResponse], ChatModelError]

MAX_BODY_BYTES = 64 * 1024 * 1024
"""The largest size of a whole response."""

MAX_FAILURE_BYTES = 64 * 1024
"""The largest part of an error body that is read."""

DRAIN_SECONDS = 0.1
"""The longest wait for the end of a body after the terminal event.

The connection of a body that is not read to its end is closed, and the next call opens a new one.
"""

MAX_DRAIN_CHUNKS = 16

FAILURE_SECONDS = 5.0
"""The longest time for reading an error body: the status contains most of the information."""


class BoundedBuffer:
    """The chunks of a body that have arrived.

    Args:
        provider: The provider's registered name, for messages.
        limit: The largest number of bytes.
    """

    __slots__ = ("_chunks", "_limit", "_provider", "_size")

    def __init__(self, provider: str, limit: int) -> None:
        self._provider = provider
        self._limit = limit
        self._chunks: list[bytes] = []
        self._size = 0

    def add(self, chunk: bytes) -> None:
        """Add a chunk.

        Raises:
            ResponseInvalidError: The body is too long.
        """
        self._chunks.append(chunk)
        self._size += len(chunk)
        if self._size > self._limit:
            raise ResponseInvalidError(
                f"{self._provider}: the response has more than {self._limit} bytes"
            )

    def whole(self) -> bytes:
        """Return all chunks as one."""
        return self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)


def read_body(
    response: HttpResponse, limits: Limits, provider: str, complete_error: CompleteError
) -> bytes:
    """Read a body to its end and release the connection.

    Args:
        response: The response, of which only the head has been read.
        limits: The time limits of the attempt.
        provider: The provider's name, for messages.
        complete_error: Completes an error from the head of the response, and masks its secrets.

    Raises:
        ChatModelError: The body is too long, took too long, or was cut off.
    """
    body = BoundedBuffer(provider, MAX_BODY_BYTES)
    try:
        while (chunk := response.read()) is not None:
            body.add(chunk)
            limits.check()
    except TransferError as error:
        broken = body_error(error, limits, provider, started=False)
        raise complete_error(broken, response) from error.__cause__
    except ChatModelError as error:
        complete_error(error, response)
        raise
    finally:
        response.close()
    return body.whole()


async def aread_body(
    response: AsyncHttpResponse, limits: Limits, provider: str, complete_error: CompleteError
) -> bytes:
    """Async version of `read_body`."""
    body = BoundedBuffer(provider, MAX_BODY_BYTES)
    try:
        while (chunk := await response.read()) is not None:
            body.add(chunk)
            limits.check()
    except TransferError as error:
        broken = body_error(error, limits, provider, started=False)
        raise complete_error(broken, response) from error.__cause__
    except ChatModelError as error:
        complete_error(error, response)
        raise
    finally:
        await response.aclose()
    return body.whole()


def read_failure(response: HttpResponse, limits: Limits) -> bytes:
    """Read an error body, as much as arrives soon, and release the connection."""
    limits.cap(FAILURE_SECONDS)
    body = b""
    try:
        while len(body) < MAX_FAILURE_BYTES and (chunk := response.read()) is not None:
            body += chunk
            if limits.is_capped():  # engines do not check the time while they decode a chunk
                break
    except TransferError:
        return body  # part of the error message is better than none
    finally:
        response.close()
        limits.cap()
    return body[:MAX_FAILURE_BYTES]


async def aread_failure(response: AsyncHttpResponse, limits: Limits) -> bytes:
    """Async version of `read_failure`."""
    limits.cap(FAILURE_SECONDS)
    body = b""
    try:
        while len(body) < MAX_FAILURE_BYTES and (chunk := await response.read()) is not None:
            body += chunk
            if limits.is_capped():
                break
    except TransferError:
        return body
    finally:
        await response.aclose()
        limits.cap()
    return body[:MAX_FAILURE_BYTES]


def drain(response: HttpResponse, limits: Limits) -> None:
    """Read the rest of a body after the terminal event, within `DRAIN_SECONDS`."""
    if response.exact:
        limits.cap(DRAIN_SECONDS)
        with suppress(TransferError):
            for _ in range(MAX_DRAIN_CHUNKS):
                if response.read() is None:
                    break


async def adrain(response: AsyncHttpResponse, limits: Limits) -> None:
    """Async version of `drain`."""
    limits.cap(DRAIN_SECONDS)
    with suppress(TransferError):
        for _ in range(MAX_DRAIN_CHUNKS):
            if await response.read() is None:
                break

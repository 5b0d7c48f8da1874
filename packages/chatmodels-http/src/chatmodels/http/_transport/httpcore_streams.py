"""Network streams that read the remaining time at every step.

httpcore reads its time limits when a body begins; here they depend on the progress since then.
"""

import ssl
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any

import httpcore

from chatmodels.http._transport.engine import Deadlines
from chatmodels.http._transport.sockets import AT_ONCE, KEEP_ALIVE_OPTIONS, SHORTEST


class TimedBackend(httpcore.NetworkBackend):
    """The network for one connection, which serves one request after another.

    Attributes:
        deadlines: The time limits of the current request.
        received: Whether a byte has arrived since the request began.
    """

    deadlines: Deadlines
    received: bool

    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner
        self._layers: list[_Stream] = []

    def begin(self, deadlines: Deadlines) -> None:
        """Begin a request."""
        self.deadlines = deadlines
        self.received = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect within the time that the request has."""
        stream = self._inner.connect_tcp(
            host, port, self.deadlines.connect(), local_address, KEEP_ALIVE_OPTIONS
        )
        return self.layer(stream)

    def layer(self, inner: httpcore.NetworkStream) -> httpcore.NetworkStream:
        """Wrap a stream of the connection: TCP, or TLS over what came before."""
        stream = _Stream(inner, self)
        self._layers.append(stream)
        return stream

    def drained(self) -> bool:
        """Report whether every byte that has arrived has been read."""
        return all(layer.drained() for layer in self._layers)

    def abort(self) -> None:
        """Close the socket."""
        for layer in reversed(self._layers):  # TLS takes the socket over from the layer below
            layer.close()


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, backend: TimedBackend) -> None:
        self._inner = inner
        self._backend = backend
        self._tls: Any = inner.get_extra_info("ssl_object")

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, _time_left(self._backend.deadlines))
        _check_end(data, self._tls)
        if data:
            self._backend.received = True
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), AT_ONCE):
            chunk = buffer[start : start + AT_ONCE]
            self._inner.write(chunk, _time_left(self._backend.deadlines))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        seconds = self._backend.deadlines.connect()
        stream = self._inner.start_tls(ssl_context, _bare(server_hostname), seconds)
        return self._backend.layer(stream)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def drained(self) -> bool:
        return self._tls is None or tls_drained(self._tls)


class AsyncTimedBackend(httpcore.AsyncNetworkBackend):
    """Async version of `TimedBackend`."""

    deadlines: Deadlines
    received: bool

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner
        self._layers: list[_AsyncStream] = []
        self.aborted = False

    def begin(self, deadlines: Deadlines) -> None:
        """Begin a request."""
        self.deadlines = deadlines
        self.received = False

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect within the time that the request has."""
        stream = await self._inner.connect_tcp(
            host, port, self.deadlines.connect(), local_address, KEEP_ALIVE_OPTIONS
        )
        return self.layer(stream)

    def layer(self, inner: httpcore.AsyncNetworkStream) -> httpcore.AsyncNetworkStream:
        """Wrap a stream of the connection: TCP, or TLS over what came before."""
        stream = _AsyncStream(inner, self)
        self._layers.append(stream)
        return stream

    def drained(self) -> bool:
        """Report whether every byte that has arrived has been read."""
        return all(layer.drained() for layer in self._layers)

    def abort(self) -> None:
        """Close the socket without waiting, so that no cancellation can interrupt it."""
        self.aborted = True
        for layer in self._layers[:1]:  # the TCP stream below all others
            run_without_waiting(layer.inner.aclose())


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, inner: httpcore.AsyncNetworkStream, backend: AsyncTimedBackend) -> None:
        self.inner = inner
        self._backend = backend
        self._tls: Any = inner.get_extra_info("ssl_object")
        self._filled = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        if self._backend.aborted:
            raise httpcore.ReadError("the connection is closed")
        data = await self.inner.read(max_bytes, _time_left(self._backend.deadlines))
        self._filled = len(data) == max_bytes
        _check_end(data, self._tls)
        if data:
            self._backend.received = True
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        for start in range(0, len(buffer), AT_ONCE):
            chunk = buffer[start : start + AT_ONCE]
            await self.inner.write(chunk, _time_left(self._backend.deadlines))

    async def aclose(self) -> None:
        self._backend.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        seconds = self._backend.deadlines.connect()
        stream = await self.inner.start_tls(ssl_context, _bare(server_hostname), seconds)
        return self._backend.layer(stream)

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)

    def drained(self) -> bool:
        # After a read of full length, anyio can have more bytes in a private buffer.
        return not self._filled and (self._tls is None or tls_drained(self._tls))


def run_without_waiting(coroutine: Coroutine[Any, Any, object], /) -> None:
    """Run a coroutine to its end, or up to the first wait that needs the event loop."""
    with suppress(StopIteration):
        while coroutine.send(None) is None:  # how asyncio lets other tasks run
            pass
    coroutine.close()


def _time_left(deadlines: Deadlines) -> float | None:
    # If bytes are ready, even the shortest time suffices to read them, so that a fast sender would
    # never reach the limit.
    seconds = deadlines.read()
    if seconds is not None and seconds <= SHORTEST:
        raise httpcore.ReadTimeout("the time limit has passed")
    return seconds


def tls_drained(tls: Any, /) -> bool:
    """Report whether TLS has no buffered bytes to read, which the socket does not report.

    Args:
        tls: An `SSLSocket`, the object inside of it, which httpcore returns, or an `SSLObject`.
    """
    if not isinstance(tls, ssl.SSLObject):
        return not tls.pending()
    try:
        tls.read(1)
    except ssl.SSLWantReadError:
        return True
    except ssl.SSLError:
        return False
    return False


def _check_end(data: bytes, tls: Any) -> None:
    """Check at the end of a connection that the server has ended TLS as well.

    Without that, the response can be cut; Python's sockets and anyio do not report it.

    Raises:
        httpcore.ReadError: It has not.
    """
    if data or tls is None:
        return
    try:
        tls.read(1)
    except ssl.SSLError:  # its words do not name TLS
        raise httpcore.ReadError("the server closed the connection without ending TLS") from None


def _bare(host: str | None) -> str | None:
    """Remove the brackets of an IPv6 address, which a proxy requires and TLS rejects."""
    return host and host.strip("[]")

"""Network streams that ask for the time left at every step.

httpcore reads its time limits when a body begins; here they depend on what has come since.
"""

import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from chatmodels.http._engine import Patience

_AT_ONCE = 65_536
"""Bytes that are written within one time limit: a long body may take long while it moves."""

# Models may think for minutes without a word; networks forget connections that are silent for
# four or more. Left to itself, Linux would ask for a sign of life after two hours only.
_KEEP_ALIVE: list[httpcore.SOCKET_OPTION] = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), amount)
        for name, amount in (
            ("TCP_KEEPIDLE", 60),  # seconds, as the next two
            ("TCP_KEEPALIVE", 60),  # what macOS calls it
            ("TCP_KEEPINTVL", 60),
            ("TCP_KEEPCNT", 5),
        )
        if hasattr(socket, name)
    ),
]


class TimedBackend(httpcore.NetworkBackend):
    """The network for one connection, which serves one request after another.

    Attributes:
        patience: That of the request at hand.
    """

    patience: Patience

    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

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
            host, port, self.patience.connect(), local_address, _KEEP_ALIVE
        )
        return _Stream(stream, self)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, backend: TimedBackend) -> None:
        self._inner = inner
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._backend.patience.read())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _AT_ONCE):
            piece = buffer[start : start + _AT_ONCE]
            self._inner.write(piece, self._backend.patience.read())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        seconds = self._backend.patience.connect()
        stream = self._inner.start_tls(ssl_context, _bare(server_hostname), seconds)
        return _Stream(stream, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class AsyncTimedBackend(httpcore.AsyncNetworkBackend):
    """The twin of `TimedBackend`."""

    patience: Patience

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

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
            host, port, self.patience.connect(), local_address, _KEEP_ALIVE
        )
        return _AsyncStream(stream, self)


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, inner: httpcore.AsyncNetworkStream, backend: AsyncTimedBackend) -> None:
        self._inner = inner
        self._backend = backend

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return await self._inner.read(max_bytes, self._backend.patience.read())

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        for start in range(0, len(buffer), _AT_ONCE):
            piece = buffer[start : start + _AT_ONCE]
            await self._inner.write(piece, self._backend.patience.read())

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        seconds = self._backend.patience.connect()
        stream = await self._inner.start_tls(ssl_context, _bare(server_hostname), seconds)
        return _AsyncStream(stream, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _bare(host: str | None) -> str | None:
    """Take the brackets off an IPv6 address, which a proxy wants and TLS does not."""
    return host and host.strip("[]")

"""The engine for sync calls, on httpcore's connections."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpcore

from chatmodels.http._transport.content_encoding import Decoder, decoder
from chatmodels.http._transport.engine import Deadlines, Engine, HttpResponse, RequestHead
from chatmodels.http._transport.httpcore_parts import (
    FAILURES,
    Connection,
    Route,
    connection_failures,
    headers_of,
    is_reusable,
    prepare,
    request_of,
    route_to,
    transfer_error,
)
from chatmodels.http._transport.httpcore_streams import TimedBackend
from chatmodels.http._transport.pool import KEEP_ALIVE, IdleConnections, Pools, idle_seconds


class HttpcoreEngine(Engine):
    """An `Engine` with connections of its own, kept for all threads.

    Args:
        proxy: The URL of the proxy; None for the proxy of the environment.
    """

    def __init__(self, proxy: str | None = None) -> None:
        self._proxy = proxy
        self._pools: Pools[PooledConnection] = Pools()

    def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> HttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            TransferError: The request or its response failed in transit.
        """
        ready = prepare(head)
        idle = self._pools.by_address.get(ready.address)
        if idle is None:
            route = route_to(ready, self._proxy)
            idle = self._pools.open(ready.address, lambda: PooledConnection(route))
        connection = idle.acquire()
        while connection.expired():
            connection.abort()
            connection = idle.acquire()
        connection.backend.begin(deadlines)
        try:
            request = request_of(ready, body, connection.proxied)
            response = connection.http.handle_request(request)
            return _Response(response, connection, idle)
        except connection_failures() as error:
            connection.abort()
            failure = transfer_error(error, stale=connection.is_stale())
            if failure.stale:  # the server can have closed the others at the same time
                for other in idle.drain():
                    other.abort()
            raise failure from error
        except BaseException:
            connection.abort()
            raise

    def close(self) -> None:
        """Close the idle connections, as at the end of the program."""
        self._pools.close()


class PooledConnection:
    """One connection, or a proxy's pool of one."""

    __slots__ = ("_expires", "_kept", "backend", "http", "proxied")

    def __init__(self, route: Route) -> None:
        self.proxied = route.proxied
        self._kept = False
        self._expires = math.inf
        self.backend = TimedBackend(httpcore.SyncBackend())
        self.http: httpcore.HTTPConnection | httpcore.ConnectionPool = (
            httpcore.HTTPConnection(
                route.origin, route.tls, KEEP_ALIVE, network_backend=self.backend
            )
            if route.proxy is None
            else httpcore.ConnectionPool(
                route.tls,
                route.proxy,
                max_connections=1,
                keepalive_expiry=KEEP_ALIVE,
                network_backend=self.backend,
            )
        )

    def reusable(self) -> bool:
        """Report whether the connection can serve another request."""
        return self.backend.drained() and is_reusable(self._connections())

    def expired(self) -> bool:
        """Report whether it was idle for too long, or the server has closed it or sent data."""
        return time.monotonic() >= self._expires or any(
            connection.has_expired() for connection in self._connections()
        )

    def keep(self, headers: Mapping[str, str]) -> None:
        """Keep the connection for the time that a response allows."""
        self._kept = True
        self._expires = time.monotonic() + idle_seconds(headers)

    def is_stale(self) -> bool:
        """Report whether it served a request before, and no byte of the next response arrived."""
        return self._kept and not self.backend.received

    def abort(self) -> None:
        """Close the connection, if there is one."""
        self.backend.abort()

    def _connections(self) -> Sequence[Connection]:
        connection = self.http
        if isinstance(connection, httpcore.ConnectionPool):
            return connection.connections
        return (connection,)


class _Response:
    exact = True
    __slots__ = ("_chunks", "_connection", "_decoder", "_idle", "_stream", "headers", "status")

    def __init__(
        self,
        response: httpcore.Response,
        connection: PooledConnection,
        idle: IdleConnections[PooledConnection],
    ) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = headers_of(response)
        self._stream: Any = response.stream
        self._chunks: Iterator[bytes] = iter(self._stream)
        self._connection: PooledConnection | None = connection
        self._idle = idle
        self._decoder: Decoder | None = None
        if "content-encoding" in self.headers:
            self._decoder = decoder(self.headers["content-encoding"])

    def read(self) -> bytes | None:
        """Return the next chunk of the body; None at its end."""
        if self._decoder is not None and (decoded := self._decoder.rest()):
            return decoded
        try:
            chunk = next(self._chunks, None)
        except FAILURES as error:
            raise transfer_error(error) from error
        return chunk if self._decoder is None else self._decoder.feed(chunk)

    def close(self) -> None:
        """Keep the connection if the body was read to its end, or else close it."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            self._stream.close()
        finally:
            if not connection.reusable():
                connection.abort()
            else:
                connection.keep(self.headers)
                if (old := self._idle.release(connection)) is not None:
                    old.abort()

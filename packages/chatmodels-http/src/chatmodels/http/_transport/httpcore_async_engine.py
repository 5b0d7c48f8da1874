"""The engine for async calls, on httpcore's connections: for asyncio and trio, loop by loop."""

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpcore
from anyio import CancelScope
from anyio.lowlevel import current_token

from chatmodels.http._transport.content_encoding import Decoder, decoder
from chatmodels.http._transport.engine import (
    AsyncEngine,
    AsyncHttpResponse,
    Deadlines,
    RequestHead,
)
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
from chatmodels.http._transport.httpcore_streams import AsyncTimedBackend, run_without_waiting
from chatmodels.http._transport.per_loop import PerLoop
from chatmodels.http._transport.pool import KEEP_ALIVE, IdleConnections, idle_seconds


class AsyncHttpcoreEngine(AsyncEngine):
    """An `AsyncEngine` with connections of its own for each event loop.

    Args:
        proxy: The URL of the proxy; None for the proxy of the environment.
    """

    def __init__(self, proxy: str | None = None) -> None:
        self._proxy = proxy
        self._loops: PerLoop[PooledConnection] = PerLoop()

    async def send(
        self, head: RequestHead, body: bytes, deadlines: Deadlines, /
    ) -> AsyncHttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            TransferError: The request or its response failed in transit.
        """
        ready = prepare(head)
        connections = await self._loops.of(current_token().native_token)
        idle = connections.by_address.get(ready.address)
        if idle is None:
            route = route_to(ready, self._proxy)
            idle = connections.open(ready.address, lambda: PooledConnection(route))
        connection = idle.acquire()
        while connection.expired():
            connection.abort()
            connection = idle.acquire()
        connection.backend.begin(deadlines)
        try:
            request = request_of(ready, body, connection.proxied)
            response = await connection.http.handle_async_request(request)
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


class PooledConnection:
    """One connection, or a proxy's pool of one."""

    __slots__ = ("_expires", "_kept", "backend", "http", "proxied")

    def __init__(self, route: Route) -> None:
        self.proxied = route.proxied
        self._kept = False
        self._expires = math.inf
        network: object = httpcore.AnyIOBackend()  # httpcore types it as optional
        assert isinstance(network, httpcore.AsyncNetworkBackend)
        self.backend = AsyncTimedBackend(network)
        self.http: httpcore.AsyncHTTPConnection | httpcore.AsyncConnectionPool = (
            httpcore.AsyncHTTPConnection(
                route.origin, route.tls, KEEP_ALIVE, network_backend=self.backend
            )
            if route.proxy is None
            else httpcore.AsyncConnectionPool(
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
        """Close the connection, if there is one, without waiting."""
        self.backend.abort()

    def _connections(self) -> Sequence[Connection]:
        connection = self.http
        if isinstance(connection, httpcore.AsyncConnectionPool):
            return connection.connections
        return (connection,)


class _Response:
    __slots__ = (
        "_chunks",
        "_connection",
        "_decoder",
        "_idle",
        "_stream",
        "_suspended",
        "headers",
        "status",
    )

    def __init__(
        self,
        response: httpcore.Response,
        connection: PooledConnection,
        idle: IdleConnections[PooledConnection],
    ) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = headers_of(response)
        self._stream: Any = response.stream
        self._chunks: Any = aiter(self._stream)
        self._suspended = False
        self._connection: PooledConnection | None = connection
        self._idle = idle
        self._decoder: Decoder | None = None
        if "content-encoding" in self.headers:
            self._decoder = decoder(self.headers["content-encoding"])

    async def read(self) -> bytes | None:
        """Return the next chunk of the body; None at its end."""
        if self._decoder is not None and (decoded := self._decoder.rest()):
            return decoded
        self._suspended = False
        try:
            chunk = await anext(self._chunks, None)
        except FAILURES as error:
            raise transfer_error(error) from error
        self._suspended = chunk is not None
        return chunk if self._decoder is None else self._decoder.feed(chunk)

    async def aclose(self) -> None:
        """Keep the connection if the body was read to its end, or else close it."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if not self._suspended:
                with CancelScope(shield=True):
                    await self._stream.aclose()
        finally:
            # No await from here on: a shield does not stop the cancellation of a task.
            if self._suspended or not connection.reusable():
                connection.abort()
                self._unwind()
            else:
                connection.keep(self.headers)
                if (old := self._idle.release(connection)) is not None:
                    old.abort()

    def _unwind(self) -> None:
        # httpcore's generators are suspended. The garbage collector would finalize them, about
        # which trio warns. The connection is closed, so that they end without waiting.
        # In a cancelled scope without a shield, the locks of anyio would wait for the cancellation.
        with CancelScope(shield=True):  # noqa: ASYNC100 - the coroutines inside read it
            run_without_waiting(self._stream.aclose())
            while self._suspended:
                try:
                    self._chunks.__anext__().send(None)
                except StopIteration:
                    continue  # a chunk that had arrived before
                # A RuntimeError: the event loop is ending, and is closing the generators right now.
                except (StopAsyncIteration, RuntimeError, *FAILURES):
                    pass
                self._suspended = False

"""The engine for async calls under asyncio, on its transports."""

from asyncio import AbstractEventLoop, current_task, get_running_loop
from collections.abc import Mapping
from typing import TYPE_CHECKING

from chatmodels.http._transport.asyncio_connection import AsyncConnection
from chatmodels.http._transport.engine import (
    AsyncEngine,
    AsyncHttpResponse,
    Deadlines,
    RequestHead,
    TransferError,
)
from chatmodels.http._transport.http1.parsers import ParserFactory
from chatmodels.http._transport.on_httpcore import httpcore_async_engine
from chatmodels.http._transport.per_loop import LoopConnections, PerLoop
from chatmodels.http._transport.pool import IdleConnections
from chatmodels.http._transport.request_heads import Prepared, prepare
from chatmodels.http._transport.routes import route_to

if TYPE_CHECKING:
    from chatmodels.http._transport.content_encoding import Decoder


class AsyncioEngine(AsyncEngine):
    """An `AsyncEngine` with connections of its own for each event loop.

    Trio, SOCKS proxies and TLS to the proxy are left to the engine on httpcore.

    Args:
        proxy: The URL of the proxy; None for the proxy of the environment.
        parser: Creates the parsers of responses; None for the default.
    """

    def __init__(self, proxy: str | None = None, *, parser: ParserFactory | None = None) -> None:
        self._proxy = proxy
        self._parser = parser
        self._loops: PerLoop[AsyncConnection] = PerLoop()
        self._others: set[str] = set()  # the addresses that are left to the other engine
        self._other: AsyncEngine | None = None

    async def send(
        self, head: RequestHead, body: bytes, deadlines: Deadlines, /
    ) -> AsyncHttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            TransferError: The request or its response failed in transit.
        """
        loop = _asyncio_loop()
        if loop is None:
            return await self._fallback().send(head, body, deadlines)
        ready = prepare(head)
        connections = await self._loops.of(loop)
        idle = connections.by_address.get(ready.address) or self._open(connections, ready)
        if idle is None:
            return await self._fallback().send(head, body, deadlines)
        connection = idle.acquire()
        while connection.expired():
            connection.abort()
            connection = idle.acquire()
        try:
            await connection.exchange(ready, body, deadlines)
            return _Response(connection, idle)
        except TransferError as error:
            connection.abort()
            if error.kind == "broken" and connection.is_stale():
                for other in idle.drain():  # the server can have closed them at the same time
                    other.abort()
                raise TransferError("broken", str(error), stale=True) from error.__cause__
            raise
        except BaseException:
            connection.abort()
            raise

    def _open(
        self, connections: LoopConnections[AsyncConnection], head: Prepared
    ) -> IdleConnections[AsyncConnection] | None:
        if head.address in self._others:
            return None
        route = route_to(head, self._proxy)
        if route is None:
            self._others.add(head.address)
            return None
        return connections.open(head.address, lambda: AsyncConnection(route, self._parser))

    def _fallback(self) -> AsyncEngine:
        if self._other is None:
            self._other = httpcore_async_engine(self._proxy)
        return self._other


def _asyncio_loop() -> AbstractEventLoop | None:
    """Return the event loop of the running task; None if trio runs it, also as a guest."""
    try:
        loop = get_running_loop()
    except RuntimeError:
        return None
    return None if current_task(loop) is None else loop


class _Response:
    __slots__ = ("_connection", "_decoder", "_idle", "headers", "status")

    def __init__(self, connection: AsyncConnection, idle: IdleConnections[AsyncConnection]) -> None:
        self.status = connection.reader.status
        self.headers: Mapping[str, str] = connection.reader.headers
        self._connection: AsyncConnection | None = connection
        self._idle = idle
        self._decoder: Decoder | None = None
        if "content-encoding" in self.headers:
            from chatmodels.http._transport.content_encoding import decoder

            self._decoder = decoder(self.headers["content-encoding"])

    async def read(self) -> bytes | None:
        """Return the next piece of the body; None at its end."""
        connection = self._connection
        if connection is None:
            raise TransferError("broken", "the response is closed")
        if self._decoder is None:
            return await connection.read()
        if decoded := self._decoder.rest():
            return decoded
        return self._decoder.feed(await connection.read())

    async def aclose(self) -> None:
        """Keep the connection if the body was read to its end, or else close it."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if not connection.reusable():
            connection.abort()
            return
        connection.keep(self.headers)
        if (old := self._idle.release(connection)) is not None:
            old.abort()

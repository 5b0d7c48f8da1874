"""The engine for sync calls, on sockets."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chatmodels.http._transport.engine import (
    Deadlines,
    Engine,
    HttpResponse,
    RequestHead,
    TransferError,
)
from chatmodels.http._transport.http1.parsers import ParserFactory
from chatmodels.http._transport.on_httpcore import httpcore_engine
from chatmodels.http._transport.pool import IdleConnections, Pools
from chatmodels.http._transport.request_heads import Prepared, prepare
from chatmodels.http._transport.routes import route_to
from chatmodels.http._transport.socket_connection import SocketConnection

if TYPE_CHECKING:
    from chatmodels.http._transport.content_encoding import Decoder
    from chatmodels.http._transport.httpcore_engine import HttpcoreEngine


class SocketEngine(Engine):
    """An `Engine` with connections of its own, kept for all threads.

    SOCKS proxies and TLS to the proxy are left to the engine on httpcore.

    Args:
        proxy: The URL of the proxy; None for the proxy of the environment.
        parser: Creates the parsers of responses; None for the default.
    """

    def __init__(self, proxy: str | None = None, *, parser: ParserFactory | None = None) -> None:
        self._proxy = proxy
        self._parser = parser
        self._pools: Pools[SocketConnection] = Pools()
        self._others: set[str] = set()  # the addresses that are left to the other engine
        self._other: HttpcoreEngine | None = None

    def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> HttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            TransferError: The request or its response failed in transit.
        """
        ready = prepare(head)
        idle = self._pools.by_address.get(ready.address) or self._open(ready)
        if idle is None:
            return self._fallback().send(head, body, deadlines)
        connection = idle.acquire()
        while connection.expired():
            connection.abort()
            connection = idle.acquire()
        try:
            connection.exchange(ready, body, deadlines)
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

    def close(self) -> None:
        """Close the idle connections, as at the end of the program."""
        self._pools.close()
        if self._other is not None:
            self._other.close()

    def _open(self, head: Prepared) -> IdleConnections[SocketConnection] | None:
        if head.address in self._others:
            return None
        route = route_to(head, self._proxy)
        if route is None:
            self._others.add(head.address)
            return None
        return self._pools.open(head.address, lambda: SocketConnection(route, self._parser))

    def _fallback(self) -> "HttpcoreEngine":
        if self._other is None:
            self._other = httpcore_engine(self._proxy)
        return self._other


class _Response:
    exact = True
    __slots__ = ("_connection", "_decoder", "_idle", "headers", "status")

    def __init__(
        self, connection: SocketConnection, idle: IdleConnections[SocketConnection]
    ) -> None:
        self.status = connection.reader.status
        self.headers: Mapping[str, str] = connection.reader.headers
        self._connection: SocketConnection | None = connection
        self._idle = idle
        self._decoder: Decoder | None = None
        if "content-encoding" in self.headers:
            from chatmodels.http._transport.content_encoding import decoder

            self._decoder = decoder(self.headers["content-encoding"])

    def read(self) -> bytes | None:
        """Return the next piece of the body; None at its end."""
        connection = self._connection
        if connection is None:
            raise TransferError("broken", "the response is closed")
        if self._decoder is None:
            return connection.read()
        if decoded := self._decoder.rest():
            return decoded
        return self._decoder.feed(connection.read())

    def close(self) -> None:
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

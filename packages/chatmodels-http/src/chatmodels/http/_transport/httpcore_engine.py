"""The engine for blocking calls, on httpcore's connections."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpcore

from chatmodels.http._transport.content_encoding import Decoder, decoder
from chatmodels.http._transport.engine import Deadlines, HttpResponse, RequestHead
from chatmodels.http._transport.httpcore_parts import (
    FAILURES,
    Connection,
    Route,
    connection_failures,
    headers_of,
    is_reusable,
    prepared,
    request_of,
    route_to,
    translated,
)
from chatmodels.http._transport.httpcore_streams import TimedBackend
from chatmodels.http._transport.pool import KEEP_ALIVE, Lanes


class HttpcoreEngine:
    """An `Engine` with connections of its own, kept for all threads.

    Args:
        proxy: The address of the proxy to use; None for what the environment says.
    """

    def __init__(self, proxy: str | None = None) -> None:
        self._proxy = proxy
        self._lanes: dict[str, Lanes[Lane]] = {}

    def send(self, head: RequestHead, body: bytes, patience: Deadlines, /) -> HttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            TransferError: It did not come through.
        """
        ready = prepared(head)
        lanes = self._lanes.get(ready.address)
        if lanes is None:
            route = route_to(ready, self._proxy)
            lanes = self._lanes.setdefault(ready.address, Lanes(lambda: Lane(route)))
        lane = lanes.take()
        while lane.expired():
            lane.abort()
            lane = lanes.take()
        lane.backend.patience = patience
        try:
            request = request_of(ready, body, lane.proxied)
            response = lane.connection.handle_request(request)
            return _Answer(response, lane, lanes)
        except connection_failures() as error:
            lane.abort()
            raise translated(error) from error
        except BaseException:
            lane.abort()
            raise

    def close(self) -> None:
        """Close the idle connections, as at the end of the program."""
        for lanes in list(self._lanes.values()):
            for lane in lanes.drain():
                lane.abort()


class Lane:
    """One connection, or a proxy's pool of one."""

    __slots__ = ("backend", "connection", "proxied")

    def __init__(self, route: Route) -> None:
        self.proxied = route.proxied
        self.backend = TimedBackend(httpcore.SyncBackend())
        self.connection: httpcore.HTTPConnection | httpcore.ConnectionPool = (
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
        """Report whether it was idle for too long, or the server has closed it or sent more."""
        return any(connection.has_expired() for connection in self._connections())

    def abort(self) -> None:
        """Close the connection, if there is one."""
        self.backend.abort()

    def _connections(self) -> Sequence[Connection]:
        connection = self.connection
        if isinstance(connection, httpcore.ConnectionPool):
            return connection.connections
        return (connection,)


class _Answer:
    exact = True
    __slots__ = ("_decoder", "_lane", "_lanes", "_pieces", "_stream", "headers", "status")

    def __init__(self, response: httpcore.Response, lane: Lane, lanes: Lanes[Lane]) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = headers_of(response)
        self._stream: Any = response.stream
        self._pieces: Iterator[bytes] = iter(self._stream)
        self._lane: Lane | None = lane
        self._lanes = lanes
        self._decoder: Decoder | None = None
        if "content-encoding" in self.headers:
            self._decoder = decoder(self.headers["content-encoding"])

    def read(self) -> bytes | None:
        """Give the next piece of the body; None at its end."""
        if self._decoder is not None and (decoded := self._decoder.rest()):
            return decoded
        try:
            piece = next(self._pieces, None)
        except FAILURES as error:
            raise translated(error) from error
        return piece if piece is None or self._decoder is None else self._decoder.feed(piece)

    def close(self) -> None:
        """Keep the connection if the body was read to its end, or else close it."""
        lane, self._lane = self._lane, None
        if lane is None:
            return
        try:
            self._stream.close()
        finally:
            if not lane.reusable():
                lane.abort()
            elif (old := self._lanes.give(lane)) is not None:
                old.abort()

"""The engine for awaited calls, on httpcore's connections: under asyncio and trio, loop by loop."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import httpcore
from anyio import CancelScope
from anyio.lowlevel import current_token

from chatmodels.http._transport.content_encoding import Decoder, decoder
from chatmodels.http._transport.engine import AsyncHttpResponse, Deadlines, RequestHead
from chatmodels.http._transport.httpcore_parts import (
    FAILURES,
    Connection,
    Prepared,
    Route,
    connection_failures,
    headers_of,
    is_reusable,
    prepared,
    request_of,
    route_to,
    translated,
)
from chatmodels.http._transport.httpcore_streams import AsyncTimedBackend, run_without_waiting
from chatmodels.http._transport.pool import KEEP_ALIVE, Lanes


class AsyncHttpcoreEngine:
    """An `AsyncEngine` with connections of its own for each event loop.

    Args:
        proxy: The address of the proxy to use; None for what the environment says.
    """

    def __init__(self, proxy: str | None = None) -> None:
        self._proxy = proxy
        self._homes: WeakKeyDictionary[object, _Home] = WeakKeyDictionary()

    async def send(
        self, head: RequestHead, body: bytes, patience: Deadlines, /
    ) -> AsyncHttpResponse:
        """Send a request and wait for the head of its response.

        Raises:
            TransferError: It did not come through.
        """
        ready = prepared(head)
        loop = current_token().native_token
        home = self._homes.get(loop)
        if home is None:
            home = await self._settle(loop)
        lanes = home.lanes.get(ready.address) or home.open(ready)
        lane = lanes.take()
        while lane.expired():
            lane.abort()
            lane = lanes.take()
        lane.backend.patience = patience
        try:
            request = request_of(ready, body, lane.proxied)
            response = await lane.connection.handle_async_request(request)
            return _Answer(response, lane, lanes)
        except connection_failures() as error:
            lane.abort()
            raise translated(error) from error
        except BaseException:
            lane.abort()
            raise

    async def _settle(self, loop: object) -> "_Home":
        # What loops that nobody shut down have left behind would keep them alive.
        # By reference, since other threads may add theirs meanwhile.
        for reference in self._homes.keyrefs():
            other = reference()
            if getattr(other, "is_closed", _never)():
                self._homes.pop(other, None)
        home = self._homes[loop] = _Home(self._proxy)
        await anext(home.lifetime)
        return home


class _Home:
    """The connections of one event loop.

    An event loop closes at its end what asynchronous generators were begun in it: `asyncio.run`
    and `trio.run` both do. So a generator that waits for its end closes the connections in time.
    """

    __slots__ = ("__weakref__", "_proxy", "lanes", "lifetime")

    def __init__(self, proxy: str | None) -> None:
        self._proxy = proxy
        self.lanes: dict[str, Lanes[Lane]] = {}
        self.lifetime = _lifetime(self.lanes)

    def open(self, head: Prepared) -> Lanes["Lane"]:
        route = route_to(head, self._proxy)
        lanes = self.lanes[head.address] = Lanes(lambda: Lane(route))
        return lanes


async def _lifetime(lanes: "dict[str, Lanes[Lane]]") -> AsyncGenerator[None]:
    try:
        yield
    finally:
        for idle in lanes.values():
            for lane in idle.drain():
                lane.abort()
        lanes.clear()


def _never() -> bool:
    return False


class Lane:
    """One connection, or a proxy's pool of one."""

    __slots__ = ("backend", "connection", "proxied")

    def __init__(self, route: Route) -> None:
        self.proxied = route.proxied
        network: object = httpcore.AnyIOBackend()  # which httpcore types as perhaps missing
        assert isinstance(network, httpcore.AsyncNetworkBackend)
        self.backend = AsyncTimedBackend(network)
        self.connection: httpcore.AsyncHTTPConnection | httpcore.AsyncConnectionPool = (
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
        """Report whether it was idle for too long, or the server has closed it or sent more."""
        return any(connection.has_expired() for connection in self._connections())

    def abort(self) -> None:
        """Close the connection, if there is one, without waiting."""
        self.backend.abort()

    def _connections(self) -> Sequence[Connection]:
        connection = self.connection
        if isinstance(connection, httpcore.AsyncConnectionPool):
            return connection.connections
        return (connection,)


class _Answer:
    __slots__ = (
        "_decoder",
        "_lane",
        "_lanes",
        "_pieces",
        "_stream",
        "_suspended",
        "headers",
        "status",
    )

    def __init__(self, response: httpcore.Response, lane: Lane, lanes: Lanes[Lane]) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = headers_of(response)
        self._stream: Any = response.stream
        self._pieces: Any = aiter(self._stream)
        self._suspended = False
        self._lane: Lane | None = lane
        self._lanes = lanes
        self._decoder: Decoder | None = None
        if "content-encoding" in self.headers:
            self._decoder = decoder(self.headers["content-encoding"])

    async def read(self) -> bytes | None:
        """Give the next piece of the body; None at its end."""
        if self._decoder is not None and (decoded := self._decoder.rest()):
            return decoded
        self._suspended = False
        try:
            piece = await anext(self._pieces, None)
        except FAILURES as error:
            raise translated(error) from error
        if piece is None:
            return None
        self._suspended = True
        return piece if self._decoder is None else self._decoder.feed(piece)

    async def aclose(self) -> None:
        """Keep the connection if the body was read to its end, or else close it."""
        lane, self._lane = self._lane, None
        if lane is None:
            return
        try:
            if not self._suspended:
                with CancelScope(shield=True):
                    await self._stream.aclose()
        finally:
            # Nothing waits from here on: a shield does not stop the cancellation of a task.
            if self._suspended or not lane.reusable():
                lane.abort()
                self._unwind()
            elif (old := self._lanes.give(lane)) is not None:
                old.abort()

    def _unwind(self) -> None:
        # httpcore's generators wait for somebody to ask for more: left like that they would end
        # in the garbage collector, of which trio complains. The connection is closed, so that
        # they end without waiting.
        run_without_waiting(self._stream.aclose())
        while self._suspended:
            try:
                self._pieces.__anext__().send(None)
            except StopIteration:
                continue  # a piece that had come before
            # A RuntimeError: the event loop is at its end, and closes the generators right now.
            except (StopAsyncIteration, RuntimeError, *FAILURES):
                pass
            self._suspended = False

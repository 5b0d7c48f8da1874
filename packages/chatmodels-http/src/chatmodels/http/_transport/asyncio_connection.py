"""One connection under asyncio, which serves one request after another."""

import asyncio
import math
import time
from collections.abc import Mapping

from chatmodels.http._transport.asyncio_channel import Channel
from chatmodels.http._transport.asyncio_connecting import connect_socket
from chatmodels.http._transport.causes import reason
from chatmodels.http._transport.engine import Deadlines, TransferError
from chatmodels.http._transport.http1.parsers import ParserFactory
from chatmodels.http._transport.http1.reader import ResponseReader
from chatmodels.http._transport.pool import idle_seconds
from chatmodels.http._transport.request_heads import Prepared
from chatmodels.http._transport.routes import Route
from chatmodels.http._transport.sockets import AT_ONCE, PIECE, SHORTEST
from chatmodels.http._transport.waiting import Waiter


class AsyncConnection:
    """One connection.

    Args:
        route: The route to the server.
        parser: Creates the parsers of responses.

    Attributes:
        reader: Reads the responses.
    """

    __slots__ = (
        "_channel",
        "_cut",
        "_deadlines",
        "_expires",
        "_kept",
        "_position",
        "_rest",
        "_route",
        "_waiter",
        "reader",
    )

    _deadlines: Deadlines
    _waiter: Waiter

    def __init__(self, route: Route, parser: ParserFactory | None) -> None:
        self.reader = ResponseReader(parser)
        self._route = route
        self._channel: Channel | None = None
        self._rest, self._position = b"", 0  # what is being read, in pieces
        self._cut = False  # whether a request was not sent to its end
        self._kept = False
        self._expires = math.inf

    async def exchange(self, head: Prepared, body: bytes, deadlines: Deadlines) -> None:
        """Send a request, over a new connection if need be, and wait for the response's head.

        Raises:
            TransferError: The request or its response failed in transit.
        """
        self._deadlines = deadlines
        channel = self._channel or await self._connect()
        self.reader.begin(head.method)
        channel.received = False
        channel.write(head.encoded(body, AT_ONCE, self._route.proxy_headers))
        if len(body) > AT_ONCE:
            await self._upload(channel, memoryview(body))
        while not self.reader.status:
            await channel.changed(self._time_left())

    async def read(self) -> bytes | None:
        """Return the next piece of the body; None at its end.

        Raises:
            TransferError: The connection broke, or a time limit has passed.
        """
        channel = self._channel
        assert channel is not None
        while not self._rest:
            self._rest = channel.take()
            if self._rest:
                self._time_left()  # or a server that is fast enough would never reach a limit
            elif self.reader.done:
                return None
            else:
                await channel.changed(self._time_left())
        start = self._position
        self._position = start + PIECE
        piece = self._rest[start : self._position]
        if self._position >= len(self._rest):
            self._rest, self._position = b"", 0
        return piece

    def expired(self) -> bool:
        """Report whether it was idle for too long, or the server has closed it or sent data."""
        channel = self._channel
        return channel is not None and (
            not channel.is_open or time.monotonic() >= self._expires or self._waiter.readable()
        )

    def is_stale(self) -> bool:
        """Report whether it served a request before, and no byte of the next response arrived."""
        return self._kept and self._channel is not None and not self._channel.received

    def reusable(self) -> bool:
        """Report whether the connection can serve another request."""
        reader = self.reader
        ended = reader.done and reader.reusable and not self._rest and not self._cut
        return ended and self._channel is not None and self._channel.is_clear()

    def keep(self, headers: Mapping[str, str]) -> None:
        """Keep the connection for the time that a response allows."""
        self._kept = True
        self._expires = time.monotonic() + idle_seconds(headers)

    def abort(self) -> None:
        """Close the connection, if there is one, without waiting."""
        if self._channel is not None:
            self._channel.abort()

    async def _connect(self) -> Channel:
        limit: asyncio.Timeout | None = None
        try:
            async with asyncio.timeout(self._deadlines.connect()) as limit:
                return await self._open()
        except TransferError as error:
            kind = "connect" if error.kind == "broken" else error.kind
            raise TransferError(kind, str(error)) from error.__cause__
        except OSError as error:
            if limit is not None and limit.expired():
                raise TransferError("connect_timeout", "the time limit has passed") from error
            raise TransferError("connect", reason(error)) from error

    async def _open(self) -> Channel:
        loop, route = asyncio.get_running_loop(), self._route
        connected = await connect_socket(loop, route.host, route.port)
        self._waiter = Waiter(connected)
        channel = self._channel = Channel(loop, connected, self.reader)
        await loop.create_connection(lambda: channel, sock=connected)  # it closes the socket
        if route.tunnel is not None:
            self.reader.begin("CONNECT")
            channel.write(memoryview(route.tunnel))
            while not self.reader.status:
                await channel.changed(None)
            if not 200 <= self.reader.status < 300:
                status = self.reader.status
                raise TransferError("connect", f"the proxy responded with the status {status}")
        if route.tls is not None:
            await channel.start_tls(route.tls, route.server)
        return channel

    async def _upload(self, channel: Channel, body: memoryview) -> None:
        for start in range(0, len(body), AT_ONCE):
            channel.write(body[start : start + AT_ONCE])
            await asyncio.sleep(0)  # the server can have responded, and other tasks shall run
            while channel.blocked and not self.reader.status and channel.error is None:
                await channel.changed(self._time_left())
            if self.reader.status or channel.error is not None:
                self._cut = start + AT_ONCE < len(body)
                return

    def _time_left(self) -> float | None:
        # If bytes are there, even the shortest time suffices to read them.
        seconds = self._deadlines.read()
        if seconds is not None and seconds <= SHORTEST:
            raise TransferError("timeout", "the time limit has passed")
        return seconds

"""One connection of sync calls, which serves one request after another."""

import math
import time
from collections.abc import Mapping

from chatmodels.http._transport.causes import reason
from chatmodels.http._transport.engine import Deadlines, TransferError
from chatmodels.http._transport.http1.parsers import ParserFactory
from chatmodels.http._transport.http1.reader import ResponseReader
from chatmodels.http._transport.pool import idle_seconds
from chatmodels.http._transport.request_heads import Prepared
from chatmodels.http._transport.routes import Route
from chatmodels.http._transport.socket_channel import SocketChannel
from chatmodels.http._transport.socket_connecting import connect_socket
from chatmodels.http._transport.sockets import AT_ONCE, PIECE


class SocketConnection:
    """One connection.

    Args:
        route: The route to the server.
        parser: Creates the parsers of responses.

    Attributes:
        reader: Reads the responses.
    """

    __slots__ = ("_channel", "_cut", "_expires", "_kept", "_position", "_rest", "_route", "reader")

    def __init__(self, route: Route, parser: ParserFactory | None) -> None:
        self.reader = ResponseReader(parser)
        self._route = route
        self._channel: SocketChannel | None = None
        self._rest, self._position = b"", 0  # what is being read, in pieces
        self._cut = False  # whether a request was not sent to its end
        self._kept = False
        self._expires = math.inf

    def exchange(self, head: Prepared, body: bytes, deadlines: Deadlines) -> None:
        """Send a request, over a new connection if need be, and wait for the response's head.

        Raises:
            TransferError: The request or its response failed in transit.
        """
        channel = self._channel or self._connect(deadlines)
        channel.limit = deadlines.read
        channel.received = False
        self.reader.begin(head.method)
        self._cut = not channel.write(head.encoded(body, AT_ONCE, self._route.proxy_headers))
        if len(body) > AT_ONCE:
            self._upload(channel, memoryview(body))
        while not self.reader.status:
            channel.receive()

    def read(self) -> bytes | None:
        """Return the next piece of the body; None at its end.

        Raises:
            TransferError: The connection broke, or a time limit has passed.
        """
        channel = self._channel
        assert channel is not None
        while not self._rest:
            self._rest = channel.take()
            if not self._rest:
                if self.reader.done:
                    return None
                channel.receive()
        start = self._position
        self._position = start + PIECE
        piece = self._rest[start : self._position]
        if self._position >= len(self._rest):
            self._rest, self._position = b"", 0
        return piece

    def expired(self) -> bool:
        """Report whether it was idle for too long, or the server has closed it or sent data."""
        channel = self._channel
        return channel is not None and (time.monotonic() >= self._expires or channel.readable())

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
        """Close the connection, if there is one."""
        if self._channel is not None:
            self._channel.close()

    def _connect(self, deadlines: Deadlines) -> SocketChannel:
        try:
            return self._open(deadlines)
        except TransferError as error:
            kind = error.kind
            if kind == "broken":
                kind = "connect"
            elif kind == "timeout":
                kind = "connect_timeout"
            raise TransferError(kind, str(error)) from error.__cause__
        except OSError as error:
            passed = isinstance(error, TimeoutError) and error.errno is None
            kind = "connect_timeout" if passed else "connect"
            raise TransferError(kind, reason(error)) from error

    def _open(self, deadlines: Deadlines) -> SocketChannel:
        route = self._route
        connected = connect_socket(route.host, route.port, deadlines.connect())
        channel = self._channel = SocketChannel(connected, self.reader, deadlines.connect)
        if route.tunnel is not None:
            self.reader.begin("CONNECT")
            channel.write(memoryview(route.tunnel))
            while not self.reader.status:
                channel.receive()
            if not 200 <= self.reader.status < 300:
                status = self.reader.status
                raise TransferError("connect", f"the proxy responded with the status {status}")
        if route.tls is not None:
            channel.start_tls(route.tls, route.server)
        return channel

    def _upload(self, channel: SocketChannel, body: memoryview) -> None:
        for start in range(0, len(body), AT_ONCE):
            if self._cut:
                return
            self._cut = not channel.write(body[start : start + AT_ONCE])

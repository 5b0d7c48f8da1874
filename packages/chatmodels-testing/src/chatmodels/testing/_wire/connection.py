"""One connection to a fault server, which reads requests and runs the steps of scripts."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import h11

from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._reset import reset_on_close
from chatmodels.testing._service import ServedConnection
from chatmodels.testing._wire.fault import RepeatedBytes, Step

MAX_REQUEST = 64 * 2**20
"""The maximum size of a request in bytes; a connection with a larger one is closed."""

_BUFFER_LIMIT = 65_536  # unsent bytes above which repetitions pause


class StepSource(Protocol):
    """Returns the steps of connections; called in the event loop of the server."""

    def at_accept(self) -> Sequence[Step] | None:
        """Return the steps for a new connection; None to read a request first."""
        ...

    def at_request(self, request: ReceivedRequest, /) -> Sequence[Step]:
        """Return the steps for a request."""
        ...


class RawConnection(ServedConnection):
    """The server side of one connection.

    Args:
        source: Returns the steps.
        connections: All open connections; this one is added and removed.
        pace: Seconds between the repetitions of `RepeatedBytes`.
        changed: Called when `busy` or the set of connections has changed.

    Attributes:
        busy: Whether steps are running, including the closing of the socket.
    """

    _transport: asyncio.Transport

    def __init__(
        self,
        source: StepSource,
        connections: "set[RawConnection]",
        pace: float,
        changed: Callable[[], None],
    ) -> None:
        self._source = source
        self._connections = connections
        self._pace = pace
        self._changed = changed
        self._playing = False
        self.busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._expect_request()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport and run the steps for a new connection, if any."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(self)
        steps = self._source.at_accept()
        if steps is not None:
            self._play(steps)

    def data_received(self, data: bytes) -> None:
        """Process received bytes; bytes that arrive during the steps of a script are ignored."""
        if self._playing:
            return
        self._size += len(data)
        if self._size > MAX_REQUEST:
            self._transport.abort()
            return
        self._http.receive_data(data)
        try:
            self._read()
        except h11.RemoteProtocolError:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the steps."""
        if self._timer is not None:
            self._timer.cancel()
        # asyncio closes the socket after this call; the client can observe it only then.
        asyncio.get_running_loop().call_soon(self._closed)

    def abort(self) -> None:
        """Abort the connection."""
        self._transport.abort()

    def _closed(self) -> None:
        self._connections.discard(self)
        self._changed()

    def _expect_request(self) -> None:
        self._http = h11.Connection(h11.SERVER)
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._size = 0

    def _read(self) -> None:
        while True:
            match self._http.next_event():
                case h11.Request() as head:
                    self._head = head
                case h11.Data() as part:
                    self._body += part.data
                case h11.EndOfMessage():
                    self._play(self._source.at_request(self._request()))
                    return
                case _:
                    return

    def _request(self) -> ReceivedRequest:
        head = self._head
        assert head is not None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        return ReceivedRequest(
            method=head.method.decode(),
            target=head.target.decode(),
            headers=headers,
            body=bytes(self._body),
        )

    def _play(self, steps: Sequence[Step]) -> None:
        self._playing = self.busy = True
        received = self._http
        for step in steps:
            match step:
                case bytes():
                    self._transport.write(step)
                case RepeatedBytes(data, count):
                    self._repeat(data, count)
                    break
                case "stall":
                    break
                case "half-close":
                    self._transport.write_eof()
                    break
                case "close":
                    self._transport.close()
                    return  # busy until the socket is closed
                case _:  # "reset"
                    reset_on_close(self._transport.get_extra_info("socket"))
                    self._transport.abort()
                    return
        else:
            self._playing = False
            self._expect_request()
        self.busy = False
        self._changed()
        if not self._playing and (more := received.trailing_data[0]):
            self.data_received(more)

    def _repeat(self, data: bytes, count: int) -> None:
        if not count:
            self._transport.close()
            return
        if self._transport.get_write_buffer_size() < _BUFFER_LIMIT:
            self._transport.write(data)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._pace, self._repeat, data, count - 1)

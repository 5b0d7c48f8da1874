"""One connection to a fault server: it reads requests and plays the steps of scripts."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import h11

from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._reset import reset_on_close
from chatmodels.testing._service import ServedConnection
from chatmodels.testing._wire.fault import Drip, Step

MAX_REQUEST = 64 * 2**20
"""Bytes that a request may have; a connection with a larger one is closed."""

_ENOUGH = 65_536  # bytes that wait for the client, beyond which a drip pauses


class Director(Protocol):
    """Chooses the steps of connections; called in the event loop of the server."""

    def at_accept(self) -> Sequence[Step] | None:
        """Return the steps for a new connection; None to read a request first."""
        ...

    def at_request(self, request: ReceivedRequest, /) -> Sequence[Step]:
        """Return the steps for a request."""
        ...


class RawConnection(ServedConnection):
    """Serves one client.

    Args:
        director: Chooses the steps.
        connections: All connections; this one is among them while it stands.
        pace: Seconds between the repetitions of a `Drip`.
        changed: Called when `busy` or the set of connections has changed.

    Attributes:
        busy: Whether steps are still to be taken, the closing of the socket included.
    """

    _transport: asyncio.Transport

    def __init__(
        self,
        director: Director,
        connections: "set[RawConnection]",
        pace: float,
        changed: Callable[[], None],
    ) -> None:
        self._director = director
        self._connections = connections
        self._pace = pace
        self._changed = changed
        self._playing = False
        self.busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._expect_request()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(self)
        steps = self._director.at_accept()
        if steps is not None:
            self._play(steps)

    def data_received(self, data: bytes) -> None:
        """Read bytes of a request; during the steps of a script they are dropped."""
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
        """Stop playing."""
        if self._timer is not None:
            self._timer.cancel()
        # asyncio closes the socket after this call, and only then the client can notice it.
        asyncio.get_running_loop().call_soon(self._closed)

    def abort(self) -> None:
        """Break the connection off."""
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
                    self._play(self._director.at_request(self._request()))
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
                case Drip(data, count):
                    self._drip(data, count)
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

    def _drip(self, data: bytes, count: int) -> None:
        if not count:
            self._transport.close()
            return
        if self._transport.get_write_buffer_size() < _ENOUGH:
            self._transport.write(data)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._pace, self._drip, data, count - 1)

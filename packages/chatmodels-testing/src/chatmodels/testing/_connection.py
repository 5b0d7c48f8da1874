"""One HTTP/1.1 connection of a client, which reads requests and writes responses with h11.

Faults need the raw socket, because a response can break off after any byte, also by a reset.
"""

import asyncio
import math
from collections.abc import Callable

import h11
import msgspec

from chatmodels.testing._exchange import Exchange, ReceivedRequest
from chatmodels.testing._reset import reset_on_close
from chatmodels.testing._service import ServedConnection
from chatmodels.testing._simulated_response import SimulatedResponse

Handler = Callable[[Exchange], SimulatedResponse]
"""Returns the response to a request; runs in the simulator's event loop and must not block."""

_REASONS = {200: b"OK", 401: b"Unauthorized", 404: b"Not Found", 429: b"Too Many Requests"}


class Connection(ServedConnection):
    """The server side of one connection.

    Args:
        handler: Returns the responses.
        connections: All open connections; this one is added and removed.
    """

    _transport: asyncio.Transport

    def __init__(self, handler: Handler, connections: "set[Connection]") -> None:
        self._handler = handler
        self._connections = connections
        self._http = h11.Connection(h11.SERVER)
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._exchange: Exchange | None = None
        self._task: asyncio.Task[None] | None = None
        self._limit = math.inf

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport of the new connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Process received bytes."""
        self._http.receive_data(data)
        self._read()

    def connection_lost(self, exc: Exception | None) -> None:
        """Record that the client has left, or that the server has closed the connection."""
        self._connections.discard(self)
        if self._task is not None:
            self._task.cancel()
        if self._exchange is not None:
            self._exchange.end("abandoned")

    def abort(self) -> None:
        """Abort the connection."""
        self._transport.abort()

    def _read(self) -> None:
        try:
            while True:
                event = self._http.next_event()
                match event:
                    case h11.Request():
                        self._head = event
                    case h11.Data():
                        self._body += event.data
                    case h11.EndOfMessage():
                        self._respond()
                        return
                    case _:
                        # More bytes are needed, or the current response must be finished first.
                        return
        except h11.RemoteProtocolError:
            self._transport.close()

    def _respond(self) -> None:
        head = self._head
        assert head is not None
        request = ReceivedRequest(
            method=head.method.decode(),
            target=head.target.decode(),
            headers={
                name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers
            },
            body=bytes(self._body),
        )
        self._body.clear()
        exchange = self._exchange = Exchange(request)
        response = self._handler(exchange)
        exchange.status = response.status
        if request.method == "HEAD":  # h11 does not accept a body
            response = msgspec.structs.replace(response, body=())
        if response.latency or response.pace or response.ending != "complete":
            self._task = asyncio.get_running_loop().create_task(self._send(response, exchange))
        else:
            data = self._start(response) + self._framed_body(response)
            exchange.sent = len(data)
            self._finish(exchange, data)

    async def _send(self, response: SimulatedResponse, exchange: Exchange) -> None:
        """Write a response with delays, or one that breaks off."""
        await _wait(response.latency)
        head = self._start(response)
        self._limit = _limit(response, len(head))
        if self._write(head, exchange):
            for position, chunk in enumerate(response.body):
                if position and response.pace:
                    await asyncio.sleep(response.pace)
                if not self._write(self._framed(chunk, response), exchange):
                    break
            else:
                self._finish(exchange, self._http.send(h11.EndOfMessage()) or b"")
                return
        match response.ending:
            case "reset":
                reset_on_close(self._transport.get_extra_info("socket"))
                exchange.end("cut")
                self._transport.abort()
            case "stall":
                await _wait(math.inf)
            case _:
                exchange.end("cut")
                self._transport.close()

    def _write(self, data: bytes, exchange: Exchange) -> bool:
        """Write up to the limit; return whether more data can follow."""
        left = self._limit - exchange.sent
        if len(data) >= left:
            data = data[: int(left)]
        self._transport.write(data)
        exchange.sent += len(data)
        return exchange.sent < self._limit

    def _start(self, response: SimulatedResponse) -> bytes:
        headers = [*response.headers.items(), ("server", "chatmodels-testing")]
        if not response.streamed:
            headers.append(("content-length", str(len(response.content))))
        else:
            headers.append(("transfer-encoding", "chunked"))
        reason = _REASONS.get(response.status, b"")
        head = h11.Response(status_code=response.status, headers=headers, reason=reason)
        return self._http.send(head) or b""

    def _framed(self, chunk: bytes, response: SimulatedResponse) -> bytes:
        if not response.streamed:
            return self._http.send(h11.Data(data=chunk)) or b""
        # Ten times as fast as h11, whose state does not depend on chunks.
        return b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunk else b""

    def _framed_body(self, response: SimulatedResponse) -> bytes:
        chunks = [self._framed(chunk, response) for chunk in response.body]
        return b"".join([*chunks, self._http.send(h11.EndOfMessage()) or b""])

    def _finish(self, exchange: Exchange, data: bytes) -> None:
        """Write the last bytes and prepare for the next request."""
        self._task = None
        exchange.end("complete")  # before a client with all bytes can read the outcome
        self._transport.write(data)
        if self._http.our_state is h11.MUST_CLOSE:
            self._transport.close()
        else:
            self._http.start_next_cycle()
            self._read()


async def _wait(seconds: float) -> None:
    """Wait; an infinite wait ends when the task is cancelled because the client has left."""
    if seconds == math.inf:
        await asyncio.get_running_loop().create_future()
    elif seconds:
        await asyncio.sleep(seconds)


def _limit(response: SimulatedResponse, head: int) -> float:
    if response.cut_after is None:
        return math.inf
    if isinstance(response.cut_after, float):
        return head + int(len(response.content) * response.cut_after)
    return response.cut_after

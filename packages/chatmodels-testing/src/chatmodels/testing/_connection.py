"""One HTTP/1.1 connection of a client, which reads requests and writes responses.

Faults need the raw socket, because a response can break off after any byte, also by a reset.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from http.client import responses as reasons

import msgspec

from chatmodels.testing._exchange import Exchange, ReceivedRequest
from chatmodels.testing._request_reader import ReadError, RequestReader
from chatmodels.testing._reset import reset_on_close
from chatmodels.testing._service import ServedConnection
from chatmodels.testing._simulated_response import SimulatedResponse

Handler = Callable[[Exchange], SimulatedResponse]
"""Returns the response to a request; runs in the simulator's event loop and must not block."""

Sleep = Callable[[float], Awaitable[object]]
"""Waits for a number of seconds."""


class Connection(ServedConnection):
    """The server side of one connection.

    Args:
        handler: Returns the responses.
        connections: All open connections; this one is added and removed.
        sleep: Waits for the delays of responses.
    """

    _transport: asyncio.Transport

    def __init__(
        self, handler: Handler, connections: "set[Connection]", sleep: Sleep = asyncio.sleep
    ) -> None:
        self._handler = handler
        self._connections = connections
        self._sleep = sleep
        self._reader = RequestReader()
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
        self._reader.feed(data)
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
        """Respond to the received requests, up to one whose response is not finished at once."""
        while self._exchange is None and not self._transport.is_closing():
            try:
                request = self._reader.next()
            except ReadError:
                self._transport.close()
                return
            if request is None:
                if interim := self._reader.interim():
                    self._transport.write(interim)
                return
            self._respond(request)

    def _respond(self, request: ReceivedRequest) -> None:
        exchange = self._exchange = Exchange(request)
        response = self._handler(exchange)
        exchange.status = response.status
        if request.method == "HEAD":
            response = msgspec.structs.replace(response, body=())
        if response.latency or response.pace or response.delays or response.ending != "complete":
            self._task = asyncio.get_running_loop().create_task(self._send(response, exchange))
        else:
            data = self._start(response) + self._framed_body(response)
            exchange.sent = len(data)
            self._finish(exchange, data)

    async def _send(self, response: SimulatedResponse, exchange: Exchange) -> None:
        """Write a response with delays, or one that breaks off."""
        await self._wait(response.latency)
        head = self._start(response)
        self._limit = _limit(response, len(head))
        if self._write(head, exchange):
            for position, chunk in enumerate(response.body):
                if position:
                    await self._wait(_pause(response, position))
                if not self._write(self._framed(chunk, response), exchange):
                    break
            else:
                self._finish(exchange, _LAST_CHUNK if self._is_chunked(response) else b"")
                self._read()
                return
        match response.ending:
            case "reset":
                reset_on_close(self._transport.get_extra_info("socket"))
                exchange.end("cut")
                self._transport.abort()
            case "stall":
                await self._wait(math.inf)
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
        headers = {**response.headers, "server": "chatmodels-testing"}
        if self._is_chunked(response):
            headers["transfer-encoding"] = "chunked"
        elif not response.streamed:
            headers["content-length"] = str(sum(map(len, response.body)))
        if self._reader.closes:
            headers["connection"] = "close"
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        reason = reasons.get(response.status, "")
        return f"HTTP/1.1 {response.status} {reason}\r\n{''.join(lines)}\r\n".encode("latin-1")

    def _is_chunked(self, response: SimulatedResponse) -> bool:
        return response.streamed and self._reader.accepts_chunks

    def _framed(self, chunk: bytes, response: SimulatedResponse) -> bytes:
        if not chunk or not self._is_chunked(response):
            return chunk
        return b"%x\r\n%b\r\n" % (len(chunk), chunk)

    def _framed_body(self, response: SimulatedResponse) -> bytes:
        if not self._is_chunked(response):
            return response.content
        return b"".join([self._framed(chunk, response) for chunk in response.body]) + _LAST_CHUNK

    def _finish(self, exchange: Exchange, data: bytes) -> None:
        """Write the last bytes."""
        self._task = self._exchange = None
        exchange.end("complete")  # before a client with all bytes can read the outcome
        self._transport.write(data)
        if self._reader.closes:
            self._transport.close()

    async def _wait(self, seconds: float) -> None:
        """Wait; an infinite wait ends when the task is cancelled because the client has left."""
        if seconds == math.inf:
            await asyncio.get_running_loop().create_future()
        elif seconds:
            await self._sleep(seconds)


_LAST_CHUNK = b"0\r\n\r\n"


def _pause(response: SimulatedResponse, position: int) -> float:
    """Return the seconds before a chunk; a fault can have added chunks to those with a delay."""
    delays = response.delays
    return delays[position - 1] if position <= len(delays) else response.pace


def _limit(response: SimulatedResponse, head: int) -> float:
    if response.cut_after is None:
        return math.inf
    if isinstance(response.cut_after, float):
        return head + int(len(response.content) * response.cut_after)
    return response.cut_after

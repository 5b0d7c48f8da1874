"""One connection of a client: requests read and answers written, in HTTP/1.1 by h11.

Faults need the raw socket: an answer may break off after any byte, by a reset as well.
"""

import asyncio
import math
from collections.abc import Callable

import h11
import msgspec

from chatmodels.testing._exchange import Exchange, ReceivedRequest
from chatmodels.testing._reset import reset_on_close
from chatmodels.testing._response import Answer
from chatmodels.testing._service import ServedConnection

Handler = Callable[[Exchange], Answer]
"""Chooses the answer to a request; runs in the simulator's event loop and must not block."""

_REASONS = {200: b"OK", 401: b"Unauthorized", 404: b"Not Found", 429: b"Too Many Requests"}


class Connection(ServedConnection):
    """Serves one client.

    Args:
        handler: Chooses the answers.
        connections: All connections; this one is among them while it stands.
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
        """Take the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes of requests."""
        self._http.receive_data(data)
        self._read()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the client has left, or that the connection was broken off here."""
        self._connections.discard(self)
        if self._task is not None:
            self._task.cancel()
        if self._exchange is not None:
            self._exchange.end("abandoned")

    def abort(self) -> None:
        """Break the connection off."""
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
                        self._answer()
                        return
                    case _:
                        # More bytes are needed, or the present answer must be finished first.
                        return
        except h11.RemoteProtocolError:
            self._transport.close()

    def _answer(self) -> None:
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
        answer = self._handler(exchange)
        exchange.status = answer.status
        if request.method == "HEAD":  # h11 writes no body then, and takes none
            answer = msgspec.structs.replace(answer, body=())
        if answer.latency or answer.pace or answer.ending != "complete":
            self._task = asyncio.get_running_loop().create_task(self._send(answer, exchange))
        else:
            data = self._start(answer) + self._whole_body(answer)
            exchange.sent = len(data)
            self._finish(exchange, data)

    async def _send(self, answer: Answer, exchange: Exchange) -> None:
        """Write an answer that takes its time, or that breaks off."""
        await _silence(answer.latency)
        head = self._start(answer)
        self._limit = _limit(answer, len(head))
        if self._write(head, exchange):
            for position, piece in enumerate(answer.body):
                if position and answer.pace:
                    await asyncio.sleep(answer.pace)
                if not self._write(self._framed(piece, answer), exchange):
                    break
            else:
                self._finish(exchange, self._http.send(h11.EndOfMessage()) or b"")
                return
        match answer.ending:
            case "reset":
                reset_on_close(self._transport.get_extra_info("socket"))
                exchange.end("cut")
                self._transport.abort()
            case "stall":
                await _silence(math.inf)
            case _:
                exchange.end("cut")
                self._transport.close()

    def _write(self, data: bytes, exchange: Exchange) -> bool:
        """Write as much as the limit allows; tell whether that was all and more may follow."""
        left = self._limit - exchange.sent
        if len(data) >= left:
            data = data[: int(left)]
        self._transport.write(data)
        exchange.sent += len(data)
        return exchange.sent < self._limit

    def _start(self, answer: Answer) -> bytes:
        headers = [*answer.headers.items(), ("server", "chatmodels-testing")]
        if not answer.streamed:
            headers.append(("content-length", str(len(answer.content))))
        else:
            headers.append(("transfer-encoding", "chunked"))
        reason = _REASONS.get(answer.status, b"")
        head = h11.Response(status_code=answer.status, headers=headers, reason=reason)
        return self._http.send(head) or b""

    def _framed(self, piece: bytes, answer: Answer) -> bytes:
        if not answer.streamed:
            return self._http.send(h11.Data(data=piece)) or b""
        # By hand, ten times as fast: the state that h11 keeps does not depend on it.
        return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""

    def _whole_body(self, answer: Answer) -> bytes:
        pieces = [self._framed(piece, answer) for piece in answer.body]
        return b"".join([*pieces, self._http.send(h11.EndOfMessage()) or b""])

    def _finish(self, exchange: Exchange, data: bytes) -> None:
        """Write the last bytes, and make ready for the next request."""
        self._task = None
        exchange.end("complete")  # before a client that has them all can ask how it went
        self._transport.write(data)
        if self._http.our_state is h11.MUST_CLOSE:
            self._transport.close()
        else:
            self._http.start_next_cycle()
            self._read()


async def _silence(seconds: float) -> None:
    """Wait; for ever means until the task is cancelled because the client has left."""
    if seconds == math.inf:
        await asyncio.get_running_loop().create_future()
    elif seconds:
        await asyncio.sleep(seconds)


def _limit(answer: Answer, head: int) -> float:
    if answer.cut_after is None:
        return math.inf
    if isinstance(answer.cut_after, float):
        return head + int(len(answer.content) * answer.cut_after)
    return answer.cut_after

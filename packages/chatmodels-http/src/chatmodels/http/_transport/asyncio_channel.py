"""The protocol of a connection under asyncio: its bytes, with or without TLS, become responses."""

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import Any

from chatmodels.http._transport.asyncio_timer import LimitTimer
from chatmodels.http._transport.causes import reason
from chatmodels.http._transport.engine import Kind, TransferError
from chatmodels.http._transport.http1.framing import FramingError
from chatmodels.http._transport.http1.reader import ResponseReader
from chatmodels.http._transport.sockets import AT_ONCE, PARSED_AT_ONCE
from chatmodels.http._transport.tls_session import TlsSession

_BUFFERED = 256 * 1024
"""Bytes of a body that wait to be read before the server is made to pause."""


class Channel(asyncio.Protocol):
    """A connection as its event loop drives it; one task waits for its changes.

    Args:
        loop: The running event loop.
        connected: The socket; the transport closes it.
        reader: Reads the responses.

    Attributes:
        blocked: Whether the network accepts no more bytes for now.
        received: Whether a byte of a response has arrived since the user of the channel reset it.
        error: The failure that ended the connection, after what arrived before it.
    """

    __slots__ = (
        "_chunks",
        "_loop",
        "_paused",
        "_reader",
        "_size",
        "_socket",
        "_timer",
        "_tls",
        "_transport",
        "_unparsed",
        "_wakeup",
        "blocked",
        "error",
        "received",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, connected: socket.socket, reader: ResponseReader
    ) -> None:
        self._loop = loop
        self._socket = connected
        self._reader = reader
        self._timer = LimitTimer(loop, self._on_time)
        self._transport: Any = None
        self._tls: TlsSession | None = None
        self._chunks: list[bytes] = []  # of the body, as they arrived
        self._unparsed: list[bytes] = []  # what arrived after these
        self._size = 0  # of all that waits, in bytes
        self._paused = False
        self._wakeup: asyncio.Future[None] | None = None
        self.blocked = self.received = False
        self.error: TransferError | None = None

    # for the user of the channel

    @property
    def is_open(self) -> bool:
        """True if both sides can still send."""
        return self._transport is not None and not self._transport.is_closing()

    def is_clear(self) -> bool:
        """Report whether the channel is open, and no bytes wait in either direction."""
        return (
            self.is_open
            and self.error is None
            and not self._chunks
            and not self._unparsed
            and not self._transport.get_write_buffer_size()
            and (self._tls is None or self._tls.drained())
        )

    def write(self, data: memoryview) -> None:
        """Send bytes, or append them to those that wait to be sent."""
        if self._tls is not None:
            data = self._tls.send(data)
        self._send(data)

    async def changed(self, seconds: float | None) -> None:
        """Wait until something changes.

        Args:
            seconds: The time limit; None for no limit.

        Raises:
            TransferError: The connection has failed before.
        """
        if self.error is not None:
            raise self.error
        self._wakeup = self._loop.create_future()
        self._timer.start(seconds)
        try:
            await self._wakeup
        finally:
            self._wakeup = None
            self._timer.pause()

    def take(self) -> bytes:
        """Return bytes of the body that have arrived; none if further ones have to be awaited."""
        chunks = self._chunks
        while self._unparsed and not chunks:
            self._parse(self._unparsed.pop(0))
        taken = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        if not self._unparsed:
            self._size = 0
        if self._paused and not self._unparsed:
            self._paused = False
            if self.is_open:
                self._transport.resume_reading()
        return taken

    async def start_tls(self, context: ssl.SSLContext, server: str) -> None:
        """Begin TLS.

        Raises:
            TransferError: The certificate cannot be verified, or the connection broke.
        """
        while self._unparsed:  # or what a proxy sends could be taken for the server's response
            self._parse(self._unparsed.pop(0))
        self._reader.begin()  # or the end of the connection would be that of the proxy's response
        self._tls = tls = TlsSession(context, server)
        self._receive_tls(tls, b"")
        while not tls.established:
            await self.changed(None)
        self.received = False

    def abort(self) -> None:
        """Close the connection without waiting."""
        self._timer.stop()
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()

    # for the event loop

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Read a part of a response."""
        if self._tls is None:
            self._receive(data)
        else:
            self._receive_tls(self._tls, data)
        self._wake()

    def eof_received(self) -> None:
        """End the response; asyncio itself would first wait for the rest of the request."""
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the response, or remember that it has not ended."""
        if exc is not None:
            self._receive_rest()
        self._end(exc)

    def pause_writing(self) -> None:
        """Let the sender of a body wait."""
        self.blocked = True

    def resume_writing(self) -> None:
        """Let the sender of a body continue."""
        self.blocked = False
        self._wake()

    def _receive(self, data: bytes) -> None:
        self.received = True
        if self._unparsed:
            self._unparsed.append(data)
        elif len(data) > PARSED_AT_ONCE:
            # The first event of a burst need not wait until the rest is parsed.
            pieces = range(PARSED_AT_ONCE, len(data), PARSED_AT_ONCE)
            self._unparsed += (data[start : start + PARSED_AT_ONCE] for start in pieces)
            self._parse(data[:PARSED_AT_ONCE])
            while self._unparsed and not self._reader.status:  # a long head
                self._parse(self._unparsed.pop(0))
        else:
            self._parse(data)
        if self._chunks or self._unparsed:
            self._size += len(data)
        if self._size > _BUFFERED and not self._paused and self.is_open:
            self._paused = True
            self._transport.pause_reading()

    def _parse(self, data: bytes) -> None:
        if self._reader.done:
            self._fail("broken", FramingError("bytes follow the response"))
            return
        if content := self._reader.feed(data):
            self._chunks.append(content)
        if self._reader.error is not None:
            self._fail("broken", self._reader.error)

    def _receive_tls(self, tls: TlsSession, data: bytes) -> None:
        data = tls.receive(data)
        if due := tls.due():  # of a handshake, or an alert
            self._send(due)
        if data:
            self._receive(data)
        if tls.error is not None:
            self._fail(tls.kind, tls.error)
        elif tls.ended:
            self._end(None)

    def _receive_rest(self) -> None:
        # Bytes that arrived before a write failed can explain why the server closed the connection.
        with suppress(OSError):
            while not self._reader.done and (data := self._socket.recv(AT_ONCE)):
                self.data_received(data)

    def _send(self, data: memoryview) -> None:
        if self.is_open:
            self._transport.write(data)

    def _end(self, cause: Exception | None) -> None:
        if self.error is None:  # or a response that ends with the connection would seem complete
            while self._unparsed:
                self._parse(self._unparsed.pop(0))
            try:
                if cause is not None and not self._reader.done:
                    raise cause
                self._reader.end(cut=self._tls is not None and not self._tls.ended)
            except Exception as error:
                self._fail("broken", error)
        self.abort()
        self._wake()

    def _on_time(self) -> None:
        self._fail("timeout", TimeoutError("the time limit has passed"))

    def _fail(self, kind: Kind, cause: Exception) -> None:
        if self.error is None:
            self.error = TransferError(kind, reason(cause))
            self.error.__cause__ = cause
        self.abort()
        self._wake()

    def _wake(self) -> None:
        wakeup = self._wakeup
        if wakeup is not None and not wakeup.done():
            wakeup.set_result(None)

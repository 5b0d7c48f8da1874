"""The bytes of a connection of sync calls, with or without TLS, as they become responses."""

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from chatmodels.http._transport.causes import reason
from chatmodels.http._transport.engine import TransferError
from chatmodels.http._transport.http1.framing import FramingError
from chatmodels.http._transport.http1.reader import ResponseReader
from chatmodels.http._transport.sockets import AT_ONCE, SHORTEST
from chatmodels.http._transport.waiting import Waiter

if TYPE_CHECKING:
    from ssl import SSLContext

    from chatmodels.http._transport.tls_session import TlsSession


class SocketChannel:
    """A connected socket.

    Args:
        connected: The socket, without blocking operations.
        reader: Reads the responses.
        limit: Returns the time allowed for the next step, as `Deadlines` do.

    Attributes:
        limit: See above; the user of the channel replaces it.
        received: Whether a byte of a response has arrived since the user of the channel reset it.
    """

    __slots__ = (
        "_chunks",
        "_ended",
        "_reader",
        "_socket",
        "_tls",
        "_waiter",
        "limit",
        "received",
    )

    def __init__(
        self, connected: socket.socket, reader: ResponseReader, limit: Callable[[], float | None]
    ) -> None:
        self._socket = connected
        self._reader = reader
        self._waiter = Waiter(connected)
        self._tls: TlsSession | None = None
        self._chunks: list[bytes] = []  # of the body, as they arrived
        self._ended = False  # whether the server sends no more
        self.limit = limit
        self.received = False

    def readable(self) -> bool:
        """Report whether the server has sent bytes or closed the connection."""
        return self._waiter.readable()

    def is_clear(self) -> bool:
        """Report whether no bytes wait to be read."""
        return not self._chunks and not self._ended and (self._tls is None or self._tls.drained())

    def write(self, data: memoryview) -> bool:
        """Send bytes; return False if the server has responded, or closed the connection, before.

        Raises:
            TransferError: The time limit has passed, or TLS failed.
        """
        if self._tls is not None:
            data = self._tls.send(data)
        while data:
            try:
                data = data[self._socket.send(data) :]
            except BlockingIOError:
                if self._wait(write=True):
                    self._receive()
                    if self._reader.status or self._reader.error or self._ended:
                        return False
            except OSError:
                return False  # what the server sent before can explain why
        return True

    def receive(self) -> None:
        """Wait for bytes of the response, and read them.

        Raises:
            TransferError: The connection broke, or the time limit has passed.
        """
        self._check()
        if not self._ended:
            self._wait()
            self._receive()
            return
        try:
            self._reader.end(cut=self._tls is not None and not self._tls.ended)
        except FramingError as error:
            raise TransferError("broken", str(error)) from error

    def take(self) -> bytes:
        """Return the bytes of the body that have arrived."""
        chunks = self._chunks
        taken = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        return taken

    def start_tls(self, context: "SSLContext", server: str) -> None:
        """Begin TLS.

        Raises:
            TransferError: The certificate cannot be verified, or the connection broke.
        """
        from chatmodels.http._transport.tls_session import TlsSession  # plain HTTP needs no ssl

        self._reader.begin()  # or the end of the connection would be that of the proxy's response
        self._tls = tls = TlsSession(context, server)
        self._decrypt(tls, b"")
        while not tls.established:
            self.receive()
        self.received = False

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _check(self) -> None:
        """Report a failure after what arrived before it."""
        if self._reader.error is not None:
            raise TransferError("broken", str(self._reader.error)) from self._reader.error
        tls = self._tls
        if tls is not None and tls.error is not None:
            raise TransferError(tls.kind, reason(tls.error)) from tls.error

    def _wait(self, *, write: bool = False) -> bool:
        """Wait until the socket is readable or, if desired, writable; report if it is readable."""
        # If bytes are there, even the shortest time suffices to read them.
        seconds = self.limit()
        if seconds is None or seconds > SHORTEST:
            readable, writable = self._waiter.wait(seconds, write=write)
            if readable or writable:
                return readable
        raise TransferError("timeout", "the time limit has passed")

    def _receive(self) -> None:
        try:
            data = self._socket.recv(AT_ONCE)
        except BlockingIOError:
            return
        except OSError as error:
            raise TransferError("broken", reason(error)) from error
        self._ended = not data
        if self._tls is not None and data:
            data = self._decrypt(self._tls, data)
        if data:
            self.received = True
            if content := self._reader.feed(data):
                self._chunks.append(content)

    def _decrypt(self, tls: "TlsSession", data: bytes) -> bytes:
        data = tls.receive(data)
        self._ended = tls.ended
        self._answer(tls.due())
        return data

    def _answer(self, data: memoryview) -> None:
        """Send what TLS itself has to send: a part of the handshake, or an alert."""
        try:
            while data:
                try:
                    data = data[self._socket.send(data) :]
                except BlockingIOError:
                    if not self._waiter.wait(self.limit(), read=False, write=True)[1]:
                        return
        except OSError:
            self._ended = True

"""TLS over buffers in memory, for both kinds of engines.

The TLS of asyncio allocates 256 KB for each connection, and that of sockets hides from `poll` what
it has decrypted.
"""

import ssl

from chatmodels.http._transport.causes import reason
from chatmodels.http._transport.engine import Kind, TransferError
from chatmodels.http._transport.sockets import AT_ONCE


class TlsSession:
    """The client's side of a connection.

    Args:
        context: The settings.
        host: The name or the address in the certificate of the server, without brackets.

    Attributes:
        established: Whether the handshake is complete.
        ended: Whether the server has ended the session.
        error: The failure of the session, after the bytes that were received before it: the
            certificate cannot be verified, or the bytes are not TLS.
    """

    __slots__ = ("_incoming", "_outgoing", "_tls", "ended", "error", "established")

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self.established = self.ended = False
        self.error: ssl.SSLError | None = None

    @property
    def kind(self) -> Kind:
        """The kind of `error`."""
        return "certificate" if isinstance(self.error, ssl.SSLCertVerificationError) else "broken"

    def receive(self, data: bytes, /) -> bytes:
        """Accept bytes of the connection, and return those that they contain.

        Bytes for the server can be due afterwards, also after an error.
        """
        self._incoming.write(data)
        pieces: list[bytes] = []
        try:
            if not self.established:
                self._tls.do_handshake()
                self.established = True
            while piece := self._tls.read(AT_ONCE):
                pieces.append(piece)
                if not self._incoming.pending and not self._tls.pending():
                    break  # the next read would raise, which takes longer
            self.ended = not piece
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self.error = error
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def send(self, data: memoryview, /) -> memoryview:
        """Return the bytes to send for some data.

        Raises:
            TransferError: The session has ended.
        """
        try:
            self._tls.write(data)
        except ssl.SSLError as error:
            raise TransferError("broken", reason(error)) from error
        return self.due()

    def due(self) -> memoryview:
        """Return the bytes that are due to be sent."""
        return memoryview(self._outgoing.read())

    def drained(self) -> bool:
        """Report whether no part of a record waits for its rest."""
        return not self._incoming.pending

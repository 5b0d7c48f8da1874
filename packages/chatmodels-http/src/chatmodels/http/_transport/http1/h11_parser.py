"""The parser of h11, in pure Python, where `httptools` has no wheel."""

import h11

from chatmodels.http._transport.http1.framing import MAX_HEAD, FramingError
from chatmodels.http._transport.http1.parsers import Head


class H11Parser:
    """A `Parser` on h11."""

    __slots__ = ("_connection", "ended", "error")

    def __init__(self) -> None:
        self.error: FramingError | None = None
        self.ended = False
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=2 * MAX_HEAD)
        # The request is sent by others, but h11 accepts no response without one.
        self._connection.send(h11.Request(method="GET", target="/", headers=[("Host", "any")]))
        self._connection.send(h11.EndOfMessage())

    def head(self, data: bytes, /) -> Head:
        """Parse a whole head."""
        try:
            self._connection.receive_data(data)
            event = self._connection.next_event()
        except h11.RemoteProtocolError as error:
            raise FramingError(f"the head of the response is not valid: {error}") from error
        assert isinstance(event, h11.Response | h11.InformationalResponse)  # the head is whole
        return Head(event.status_code, event.http_version.decode(), list(event.headers))

    def body(self, data: bytes, /) -> bytes:
        """Return the content of the next bytes of a chunked body."""
        content: list[bytes] = []
        try:
            self._connection.receive_data(data)
            while isinstance(event := self._connection.next_event(), h11.Data):
                content.append(bytes(event.data))
            self.ended = self.ended or isinstance(event, h11.EndOfMessage)
        except h11.RemoteProtocolError as error:
            self.error = FramingError(f"a chunk of the response is not valid: {error}")
        return b"".join(content)

"""Reads the responses of one connection, one after another."""

from collections.abc import Mapping

from chatmodels.http._transport.http1.default_parser import default_parser
from chatmodels.http._transport.http1.framing import (
    CHUNKED,
    MAX_HEAD,
    UNTIL_CLOSE,
    FramingError,
    body_length,
    check_beginning,
    check_head,
)
from chatmodels.http._transport.http1.parsers import Parser, ParserFactory

_IN_HEAD = -3
_BROKEN = -4
_WITHOUT_BODY = (204, 304)


class ResponseReader:
    """Accepts the bytes of responses and returns those of their bodies.

    Args:
        parser: Creates a parser for each response.

    Attributes:
        status: The HTTP status; 0 until the head has arrived.
        headers: Lower-case name to value; the first of a name wins.
        done: Whether the response has ended.
        reusable: Whether the connection can serve another request after this response.
        error: The violation of HTTP/1.1, after all that was read before it: the connection must
            be closed.
    """

    __slots__ = (
        "_buffer",
        "_left",
        "_new_parser",
        "_overhead",
        "_parser",
        "_without_body",
        "done",
        "error",
        "headers",
        "reusable",
        "status",
    )

    def __init__(self, parser: ParserFactory | None = None) -> None:
        self._new_parser = parser or default_parser()
        self.begin()

    def begin(self, method: str = "GET") -> None:
        """Begin the response to a request.

        Args:
            method: That of the request: responses to "HEAD" and "CONNECT" have no body.
        """
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.done = self.reusable = False
        self.error: FramingError | None = None
        self._without_body = method in ("HEAD", "CONNECT")
        self._left = _IN_HEAD
        self._buffer = b""
        self._overhead = 0
        self._parser: Parser | None = None

    def feed(self, data: bytes, /) -> bytes:
        """Accept bytes of the connection and return those of the body, if there are any."""
        try:
            return self._feed(data)
        except FramingError as error:
            self._break(error)
            return b""

    def _feed(self, data: bytes) -> bytes:
        left = self._left
        if left == CHUNKED:
            return self._feed_chunked(data)
        if left > 0:
            self._left = left - len(data)
            if self._left > 0:
                return data
            self._end(followed=self._left < 0)
            return data[:left]
        if left == _IN_HEAD:
            return self._feed_head(data)
        if left == UNTIL_CLOSE:
            return data
        self.reusable = False  # bytes after the end, or after a violation
        return b""

    def end(self, *, cut: bool = False) -> None:
        """Accept the end of the connection.

        Args:
            cut: Whether it ended without the end of its TLS session, as an attacker can end it.

        Raises:
            FramingError: The response has not ended, or only the connection could end it.
        """
        self.reusable = False
        if self._left == UNTIL_CLOSE and cut:
            raise FramingError("the server closed the connection without ending TLS")
        if self._left == UNTIL_CLOSE:
            self._end(followed=True)
        elif not self.done:
            raise FramingError(
                "the server closed the connection without a response"
                if not self.status and not self._buffer
                else "the server closed the connection in the middle of the response"
            )

    def _feed_head(self, data: bytes) -> bytes:
        known = len(self._buffer)
        if known:
            data = self._buffer + data
        while (end := data.find(b"\r\n\r\n", max(0, known - 3)) + 4) > 3:
            head, data, known = data[:end], data[end:], 0
            self._read_head(head)
            if self.status:
                self._buffer = b""
                if not self._left:
                    self._end(followed=bool(data))
                return self._feed(data) if data else b""
        if data:
            check_beginning(data, known)
        self._buffer = data
        return b""

    def _read_head(self, data: bytes) -> None:
        check_head(data)
        if self._parser is None:
            self._parser = self._new_parser()
        head = self._parser.head(data)
        if head.status < 200:  # an interim response
            if head.status == 101:
                raise FramingError("the server switched to another protocol")
            return
        headers: dict[str, str] = {}
        self.reusable = head.version == "1.1"
        for raw_name, raw_value in head.headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers.setdefault(name, value)
            if name == "connection" and "close" in value.lower():
                self.reusable = False
        self._left = body_length(data)
        if self._without_body or head.status in _WITHOUT_BODY:
            self._left = 0
        self.status, self.headers = head.status, headers

    def _feed_chunked(self, data: bytes) -> bytes:
        parser = self._parser
        assert parser is not None
        if data.endswith(b"\r\n\r\n") or len(data) < 4:
            # It can be the end. If the body has ended before the last byte, this byte follows it.
            content = parser.body(data[:-1]) if len(data) > 1 else b""
            followed = parser.ended
            if not followed:
                content += parser.body(data[-1:])
        else:
            content = parser.body(data)
            followed = True  # a body that ends here ends with an empty line
        if parser.error is not None:
            self._break(parser.error)
        elif parser.ended:
            self._end(followed=followed)
        elif content:
            self._overhead = 0
        else:
            self._overhead += len(data)
            if self._overhead > MAX_HEAD:
                raise FramingError("a chunk or the trailers of the response are too long")
        return content

    def _break(self, error: FramingError) -> None:
        self.error = error
        self._left = _BROKEN
        self.reusable = False

    def _end(self, *, followed: bool) -> None:
        self.done = True
        self._left = 0
        self._parser = None
        if followed:
            self.reusable = False

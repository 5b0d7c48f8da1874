"""The parser of Node.js, llhttp, by the package `httptools`."""

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from chatmodels.http._transport.http1.framing import FramingError
from chatmodels.http._transport.http1.parsers import Head


class LlhttpParser:
    """A `Parser` on llhttp."""

    __slots__ = ("_events", "_parser", "error")

    def __init__(self) -> None:
        self.error: FramingError | None = None
        self._events = _Events()  # apart, so that no references form a circle
        self._parser = HttpResponseParser(self._events)
        # Some servers pad the sizes of chunks with spaces; browsers and h11 accept these.
        self._parser.set_dangerous_leniencies(lenient_spaces_after_chunk_size=True)

    @property
    def ended(self) -> bool:
        """True if the chunked body has ended."""
        return self._events.ended

    def head(self, data: bytes, /) -> Head:
        """Parse a whole head."""
        events, parser = self._events, self._parser
        events.headers = []
        try:
            parser.feed_data(data)
        except HttpParserUpgrade:
            pass  # a status of 101, which the reader refuses
        except HttpParserError as error:
            raise FramingError(f"the head of the response is not valid: {error}") from error
        events.ended = False  # an interim response has ended
        return Head(parser.get_status_code(), parser.get_http_version(), events.headers)

    def body(self, data: bytes, /) -> bytes:
        """Return the content of the next bytes of a chunked body."""
        events = self._events
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            if not events.ended:
                self.error = FramingError(f"a chunk of the response is not valid: {error}")
        content = events.content
        if len(content) == 1:
            return content.pop()
        joined = b"".join(content)
        content.clear()
        return joined


class _Events:
    """Receives the callbacks of a parser."""

    __slots__ = ("content", "ended", "headers", "on_body")

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.content: list[bytes] = []
        self.ended = False
        self.on_body = self.content.append

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value.strip(b" \t")))

    def on_message_begin(self) -> None:
        if self.ended:
            raise FramingError("bytes follow the response")  # it stops the parser

    def on_message_complete(self) -> None:
        self.ended = True

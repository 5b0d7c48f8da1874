"""The interface of parsers of HTTP/1.1."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from chatmodels.http._transport.http1.framing import FramingError


class Head(NamedTuple):
    """A parsed head.

    Attributes:
        status: The HTTP status.
        version: As in "1.1".
        headers: Names and values as sent, without the space around them.
    """

    status: int
    version: str
    headers: Sequence[tuple[bytes, bytes]]


class Parser(Protocol):
    """Parses the heads of one response, interim ones included, and its chunked body."""

    @property
    def ended(self) -> bool:
        """True if the chunked body has ended."""
        ...

    @property
    def error(self) -> FramingError | None:
        """The violation of HTTP/1.1 in the body, after the content that was returned."""
        ...

    def head(self, data: bytes, /) -> Head:
        """Parse a whole head.

        Raises:
            FramingError: It is not valid.
        """
        ...

    def body(self, data: bytes, /) -> bytes:
        """Return the content of the next bytes of a chunked body.

        Bytes after the end of the body are ignored. If the bytes are not valid, `error` is set.
        """
        ...


class ParserFactory(Protocol):
    """Creates a parser for one response."""

    def __call__(self) -> Parser: ...

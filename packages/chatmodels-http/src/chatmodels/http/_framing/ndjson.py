"""The framing of newline-delimited JSON: one value on each line."""

from collections.abc import Sequence

from chatmodels.core.extending import published_in
from chatmodels.http._framing.frames import Frame
from chatmodels.http._framing.splitter import MAX_FRAME_BYTES, Splitter


@published_in("chatmodels.http")
class NdjsonFramer:
    """Splits a stream of bytes into lines, without the blank ones that keep a connection alive."""

    __slots__ = ("_splitter",)

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        """Begin at the start of a stream.

        Args:
            limit: The largest number of bytes of one line.
        """
        self._splitter = Splitter(b"\n", "a line", limit)

    def feed(self, data: bytes, /) -> Sequence[Frame]:
        """Accept bytes and return the lines that they complete.

        Raises:
            ResponseInvalidError: A line exceeds the limit.
        """
        return [Frame(text) for line in self._splitter.feed(data) if (text := line.strip())]

    def close(self) -> Sequence[Frame]:
        """Return the last line, if it has no line feed.

        Raises:
            ResponseInvalidError: A line exceeds the limit.
        """
        text = self._splitter.close().strip()
        return (Frame(text),) if text else ()

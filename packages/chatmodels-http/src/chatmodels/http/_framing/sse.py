"""The framing of server-sent events, as the HTML standard's "Server-sent events" section says.

One departure: an event that the end of the stream cuts off before its blank line is given all
the same, since some vendors end without one.
"""

from collections.abc import Sequence

from chatmodels.http._framing.frames import Frame
from chatmodels.http._framing.splitter import MAX_FRAME_BYTES, Splitter

_BOM = b"\xef\xbb\xbf"

_JSON_BEGINS = (b"{", b"[")

# As numbers, since searching bytes for a number takes a tenth of the time.
_LINE_FEED, _RETURN = b"\n\r"


class SseFramer:
    """Cuts a stream of bytes into server-sent events, whatever pieces it comes in.

    Comments and `retry:` give no frame. The data are not decoded: the codec's JSON parser does it.
    """

    __slots__ = ("_after_return", "_bare_json", "_held", "_id", "_splitter")

    def __init__(self, limit: int = MAX_FRAME_BYTES, *, bare_json: bool = False) -> None:
        """Begin at the start of a stream.

        Args:
            limit: How many bytes one event, and so each of its lines, may have.
            bare_json: Whether JSON that stands there without being an event, as servers send that
                fail in the middle of a stream, is an event's data; else it is ignored.
        """
        self._bare_json = bare_json
        self._splitter = Splitter(b"\n\n", "an event", limit)
        self._id = ""
        self._after_return = False
        self._held: bytes | None = b""  # what may be the start of a BOM; None after the start

    def feed(self, data: bytes, /) -> Sequence[Frame]:
        """Take bytes in and give the events that they complete.

        Raises:
            ResponseInvalidError: An event exceeds the limit.
        """
        if self._held is not None:
            data = self._held + data
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._held = data
                return ()
            self._held = None
            data = data.removeprefix(_BOM)
        if _RETURN in data or self._after_return:
            data = self._with_line_feeds(data)
        frames: list[Frame] = []
        for block in self._splitter.feed(data):
            # What nearly every event of nearly every vendor looks like: a single line of data.
            if block[:6] == b"data: " and _LINE_FEED not in block and not self._id:
                frames.append(Frame(block[6:]))
            elif (frame := self._read(block)) is not None:
                frames.append(frame)
        return frames

    def close(self) -> Sequence[Frame]:
        """Give the event that no blank line has completed, if it has data.

        Raises:
            ResponseInvalidError: An event exceeds the limit.
        """
        frame = self._read(self._splitter.close())
        return () if frame is None else (frame,)

    def _with_line_feeds(self, data: bytes) -> bytes:
        # A line ends with CR, LF or CRLF, and a CRLF may come in two pieces.
        if not data:
            return data
        if self._after_return:
            data = data.removeprefix(b"\n")
        self._after_return = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _read(self, block: bytes) -> Frame | None:
        if self._bare_json and block[:1] in _JSON_BEGINS:
            return Frame(block)
        kind, _, rest = block.partition(b"\n")
        # The other vendors name the event in a line before it.
        if rest[:6] == b"data: " and _LINE_FEED not in rest and kind[:7] == b"event: ":
            return Frame(rest[6:], kind[7:].decode(errors="replace"), self._id)
        data: list[bytes] = []
        event = b""
        for line in block.split(b"\n"):
            name, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            if name == b"data":
                data.append(value)
            elif name == b"event":
                event = value
            elif name == b"id" and b"\0" not in value:
                self._id = value.decode(errors="replace")
        if not data:
            return None
        return Frame(b"\n".join(data), event.decode(errors="replace"), self._id)

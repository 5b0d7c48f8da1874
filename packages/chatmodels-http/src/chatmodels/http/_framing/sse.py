"""The framing of server-sent events, by the section "Server-sent events" of the HTML standard.

There is one exception: a last event without a blank line is returned too, since some vendors end
streams without one.
"""

from collections.abc import Sequence

from chatmodels.http._framing.frames import Frame
from chatmodels.http._framing.splitter import MAX_FRAME_BYTES, Splitter

_BOM = b"\xef\xbb\xbf"

_JSON_BEGINS = (b"{", b"[")

# As integers, since searching bytes for an integer takes a tenth of the time.
_LINE_FEED, _RETURN = b"\n\r"


class SseFramer:
    """Splits a stream of bytes into server-sent events, independent of its chunks.

    Comments and `retry:` are ignored. The data stay bytes: the codec's JSON parser decodes them.
    """

    __slots__ = ("_after_return", "_bare_json", "_held", "_id", "_splitter")

    def __init__(self, limit: int = MAX_FRAME_BYTES, *, bare_json: bool = False) -> None:
        """Begin at the start of a stream.

        Args:
            limit: The largest number of bytes of one event, and so of each of its lines.
            bare_json: Whether a block of JSON outside an event is returned as the data of one, and
                not ignored. Some servers send errors in the middle of a stream that way.
        """
        self._bare_json = bare_json
        self._splitter = Splitter(b"\n\n", "an event", limit)
        self._id = ""
        self._after_return = False
        self._held: bytes | None = b""  # a possible start of a BOM; None after the start

    def feed(self, data: bytes, /) -> Sequence[Frame]:
        """Accept bytes and return the events that they complete.

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
            # Nearly every event of nearly every vendor is a single line of data.
            if block[:6] == b"data: " and _LINE_FEED not in block and not self._id:
                frames.append(Frame(block[6:]))
            elif (frame := self._read(block)) is not None:
                frames.append(frame)
        return frames

    def close(self) -> Sequence[Frame]:
        """Return the event that no blank line has completed, if it has data.

        Raises:
            ResponseInvalidError: An event exceeds the limit.
        """
        frame = self._read(self._splitter.close())
        return () if frame is None else (frame,)

    def _with_line_feeds(self, data: bytes) -> bytes:
        # A line ends with CR, LF or CRLF, and a CRLF can arrive in two chunks.
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

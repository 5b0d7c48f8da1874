"""The framing of `application/vnd.amazon.eventstream`: binary messages with checksums.

A message is a prelude (its length, the length of its headers, and a checksum of both), headers,
a payload, and a checksum of all before; numbers are big-endian ("Event stream encoding", Amazon
Transcribe developer guide).
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from zlib import crc32

from chatmodels.core import ResponseInvalidError
from chatmodels.core.extending import published_in
from chatmodels.http._framing.frames import Frame
from chatmodels.http._framing.splitter import MAX_FRAME_BYTES

_PRELUDE = struct.Struct(">III")
_CHECKSUM = struct.Struct(">I")
_AROUND = _PRELUDE.size + _CHECKSUM.size  # bytes of a message without headers and payload
_SIZES = {2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}  # of values of a fixed size, by their type
_MAX_CACHED = 64  # blocks of headers: most messages of a stream have one of the same few


@published_in("chatmodels.http")
class EventStreamFramer:
    """Splits a stream of bytes into the messages of an AWS event stream, and verifies checksums.

    The headers of a message are in `Frame.headers`. The `event` of a message is the value of
    `:event-type`, or of `:exception-type` or `:error-code` for messages that report failures.
    """

    __slots__ = ("_buffer", "_headers", "_limit", "_needed")

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        """Begin at the start of a stream.

        Args:
            limit: The largest number of bytes of one message.
        """
        self._limit = limit
        self._buffer = bytearray()
        self._needed = _PRELUDE.size  # the length of the buffer that the next step requires
        self._headers: dict[bytes, Mapping[str, str]] = {}

    def feed(self, data: bytes, /) -> Iterator[Frame]:
        """Accept bytes and yield the messages that they complete.

        Raises:
            ResponseInvalidError: A message exceeds the limit, or a checksum does not match. The
                messages before it are yielded first.
        """
        self._buffer += data
        if len(self._buffer) < self._needed:
            return
        whole = bytes(self._buffer)
        start = 0
        try:
            while (end := self._end(whole, start)) is not None:
                frame = self._read(whole[start:end])
                start = end
                yield frame
        finally:
            del self._buffer[:start]

    def close(self) -> Sequence[Frame]:
        """Check that the bytes ended with a message.

        Raises:
            ResponseInvalidError: The bytes ended within a message.
        """
        if self._buffer:
            raise ResponseInvalidError(
                f"the stream ended {len(self._buffer)} bytes into a message of its framing"
            )
        return ()

    def _end(self, data: bytes, start: int) -> int | None:
        """Return the end of the message that begins at `start`; None if it is incomplete."""
        left = len(data) - start
        self._needed = _PRELUDE.size
        if left < self._needed:
            return None
        total, headers, checksum = _PRELUDE.unpack_from(data, start)
        if crc32(data[start : start + _PRELUDE.size - _CHECKSUM.size]) != checksum:
            raise _invalid("the checksum of a message's prelude does not match")
        if total > self._limit or headers > total - _AROUND:
            raise _invalid(f"a message claims to have {total} bytes, {headers} of headers")
        self._needed = total
        return None if left < total else start + total

    def _read(self, message: bytes) -> Frame:
        (checksum,) = _CHECKSUM.unpack_from(message, len(message) - _CHECKSUM.size)
        if crc32(memoryview(message)[: -_CHECKSUM.size]) != checksum:
            raise _invalid("the checksum of a message does not match")
        split = _PRELUDE.size + _PRELUDE.unpack_from(message)[1]
        block = message[_PRELUDE.size : split]
        headers = self._headers.get(block)
        if headers is None:
            headers = read_headers(block)
            if len(self._headers) < _MAX_CACHED:
                self._headers[block] = headers
        name = headers.get(":event-type") or headers.get(":exception-type")
        return Frame(
            message[split : -_CHECKSUM.size],
            name or headers.get(":error-code", ""),
            headers=headers,
        )


def read_headers(block: bytes, /) -> Mapping[str, str]:
    """Read the headers of a message whose values are texts; the others are left out.

    Raises:
        ResponseInvalidError: The headers are cut off, or one is of an unknown type.
    """
    texts: dict[str, str] = {}
    place = 0
    try:
        while place < len(block):
            end = place + 1 + block[place]
            name, kind = block[place + 1 : end].decode(), block[end]
            place = end + 1
            if kind in {6, 7}:  # bytes and texts begin with their lengths
                size = int.from_bytes(block[place : place + 2])
                place += 2
            else:
                size = 0 if kind < 2 else _SIZES[kind]  # true and false are types
            if kind == 7:
                texts[name] = block[place : place + size].decode()
            place += size
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise _invalid("the headers of a message are not readable") from error
    if place > len(block):
        raise _invalid("the headers of a message are cut off")
    return texts


def _invalid(reason: str) -> ResponseInvalidError:
    return ResponseInvalidError(
        f"the stream is not an AWS event stream: {reason}; check that base_url is the address of "
        "this API"
    )

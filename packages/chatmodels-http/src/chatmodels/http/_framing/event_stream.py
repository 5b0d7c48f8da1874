"""The framing of `application/vnd.amazon.eventstream`: binary messages with checksums.

A message is a prelude (its length, the length of its headers, and a checksum of both), headers,
a payload, and a checksum of all before; numbers are big-endian ("Event stream encoding", Amazon
Transcribe developer guide).
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from zlib import crc32

from chatmodels.core import ResponseInvalidError
from chatmodels.http._framing.frames import Frame
from chatmodels.http._framing.splitter import MAX_FRAME_BYTES

_PRELUDE = struct.Struct(">III")
_CHECKSUM = struct.Struct(">I")
_AROUND = _PRELUDE.size + _CHECKSUM.size  # bytes of a message without headers and payload
_SIZES = {2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}  # of values of a fixed size, by their type
_KNOWN = 64  # as many blocks of headers are kept: nearly all of a stream are the same few


class EventStreamFramer:
    """Cuts a stream of bytes into the messages of an AWS event stream, checksums checked.

    The headers of a message are in `Frame.headers`; the value of `:event-type`, or of
    `:exception-type` or `:error-code` for those that tell of failures, is its `event`.
    """

    __slots__ = ("_buffer", "_headers", "_limit", "_needed")

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        """Begin at the start of a stream.

        Args:
            limit: How many bytes one message may have.
        """
        self._limit = limit
        self._buffer = bytearray()
        self._needed = _PRELUDE.size  # how long the buffer must be for a next step
        self._headers: dict[bytes, Mapping[str, str]] = {}

    def feed(self, data: bytes, /) -> Iterator[Frame]:
        """Take bytes in and give the messages that they complete.

        Raises:
            ResponseInvalidError: A message exceeds the limit, or a checksum does not fit. The
                messages before are given first.
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
        """Make sure that the bytes ended with a message.

        Raises:
            ResponseInvalidError: They did not.
        """
        if self._buffer:
            raise ResponseInvalidError(
                f"the stream ended {len(self._buffer)} bytes into a message of its framing"
            )
        return ()

    def _end(self, data: bytes, start: int) -> int | None:
        """Tell where the message ends that begins here; None if it has not come whole."""
        left = len(data) - start
        self._needed = _PRELUDE.size
        if left < self._needed:
            return None
        total, headers, checksum = _PRELUDE.unpack_from(data, start)
        if crc32(data[start : start + _PRELUDE.size - _CHECKSUM.size]) != checksum:
            raise _refused("the checksum of a message's beginning does not fit")
        if total > self._limit or headers > total - _AROUND:
            raise _refused(f"a message tells that it has {total} bytes, {headers} of headers")
        self._needed = total
        return None if left < total else start + total

    def _read(self, message: bytes) -> Frame:
        (checksum,) = _CHECKSUM.unpack_from(message, len(message) - _CHECKSUM.size)
        if crc32(memoryview(message)[: -_CHECKSUM.size]) != checksum:
            raise _refused("the checksum of a message does not fit")
        split = _PRELUDE.size + _PRELUDE.unpack_from(message)[1]
        block = message[_PRELUDE.size : split]
        headers = self._headers.get(block)
        if headers is None:
            headers = read_headers(block)
            if len(self._headers) < _KNOWN:
                self._headers[block] = headers
        name = headers.get(":event-type") or headers.get(":exception-type")
        return Frame(
            message[split : -_CHECKSUM.size],
            name or headers.get(":error-code", ""),
            headers=headers,
        )


def read_headers(block: bytes, /) -> Mapping[str, str]:
    """Read the headers of a message: those whose values are texts, the others left out.

    Raises:
        ResponseInvalidError: They are not whole, or of a type that there is not.
    """
    found: dict[str, str] = {}
    place = 0
    try:
        while place < len(block):
            end = place + 1 + block[place]
            name, kind = block[place + 1 : end].decode(), block[end]
            place = end + 1
            if kind in {6, 7}:  # bytes and texts tell their lengths
                size = int.from_bytes(block[place : place + 2])
                place += 2
            else:
                size = 0 if kind < 2 else _SIZES[kind]  # true and false are types
            if kind == 7:
                found[name] = block[place : place + size].decode()
            place += size
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise _refused("the headers of a message are not readable") from error
    if place > len(block):
        raise _refused("the headers of a message are cut off")
    return found


def _refused(why: str) -> ResponseInvalidError:
    return ResponseInvalidError(
        f"the stream is not an AWS event stream: {why}; the address may not be that of this API"
    )

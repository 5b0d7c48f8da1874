"""Encoder of AWS event streams: `application/vnd.amazon.eventstream`.

See the developer guide of Amazon Transcribe, "Event stream encoding".
"""

import struct
from collections.abc import Callable, Mapping
from zlib import crc32

CONTENT_TYPE = "application/vnd.amazon.eventstream"

_PRELUDE = struct.Struct(">II")
_NUMBER = struct.Struct(">I")
_TEXT = 7  # the type of a header with a text value
_PRELUDE_SIZE = _PRELUDE.size + _NUMBER.size


def message(payload: bytes, headers: Mapping[str, str], /) -> bytes:
    """Encode a message with its checksums."""
    block = b"".join(
        struct.pack(f">B{len(name)}sBH{len(text)}s", len(name), name, _TEXT, len(text), text)
        for name, text in ((name.encode(), text.encode()) for name, text in headers.items())
    )
    return _framed(block, payload)


def event(name: str, payload: bytes, /) -> bytes:
    """Encode an event message."""
    kind = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return message(payload, kind)


def altered(framed: bytes, alter: Callable[[bytes], bytes], /) -> bytes:
    """Alter only the payload of a message."""
    end = _PRELUDE_SIZE + _PRELUDE.unpack_from(framed)[1]
    return _framed(framed[_PRELUDE_SIZE:end], alter(framed[end : -_NUMBER.size]))


def _framed(block: bytes, payload: bytes) -> bytes:
    prelude = _PRELUDE.pack(_PRELUDE_SIZE + len(block) + len(payload) + _NUMBER.size, len(block))
    message = prelude + _NUMBER.pack(crc32(prelude)) + block + payload
    return message + _NUMBER.pack(crc32(message))

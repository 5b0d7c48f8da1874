"""The framing of AWS event streams, as a server writes it: `application/vnd.amazon.eventstream`.

It is described in the developer guide of Amazon Transcribe, "Event stream encoding".
"""

import struct
from collections.abc import Callable, Mapping
from zlib import crc32

CONTENT_TYPE = "application/vnd.amazon.eventstream"

_PRELUDE = struct.Struct(">II")
_NUMBER = struct.Struct(">I")
_TEXT = 7  # the type of a header whose value is a text
_BEFORE = _PRELUDE.size + _NUMBER.size


def message(payload: bytes, headers: Mapping[str, str], /) -> bytes:
    """Write a message, with its checksums."""
    block = b"".join(
        struct.pack(f">B{len(name)}sBH{len(text)}s", len(name), name, _TEXT, len(text), text)
        for name, text in ((name.encode(), text.encode()) for name, text in headers.items())
    )
    return _framed(block, payload)


def event(name: str, payload: bytes, /) -> bytes:
    """Write a message that is an event."""
    kind = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return message(payload, kind)


def altered(framed: bytes, alter: Callable[[bytes], bytes], /) -> bytes:
    """Alter the payload of a message, and nothing else."""
    end = _BEFORE + _PRELUDE.unpack_from(framed)[1]
    return _framed(framed[_BEFORE:end], alter(framed[end : -_NUMBER.size]))


def _framed(block: bytes, payload: bytes) -> bytes:
    prelude = _PRELUDE.pack(_BEFORE + len(block) + len(payload) + _NUMBER.size, len(block))
    begun = prelude + _NUMBER.pack(crc32(prelude)) + block + payload
    return begun + _NUMBER.pack(crc32(begun))

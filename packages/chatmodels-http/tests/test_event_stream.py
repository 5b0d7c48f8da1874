import struct
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import ResponseInvalidError
from chatmodels.http import EventStreamFramer, Frame

Headers = list[tuple[str, int, bytes]]
"""Names, types and values as they are on the wire."""


def text(name: str, value: str) -> tuple[str, int, bytes]:
    raw = value.encode()
    return name, 7, struct.pack(">H", len(raw)) + raw


def message(payload: bytes, headers: Headers) -> bytes:
    block = b"".join(
        bytes([len(name.encode())]) + name.encode() + bytes([kind]) + value
        for name, kind, value in headers
    )
    prelude = struct.pack(">II", len(block) + len(payload) + 16, len(block))
    unsigned = prelude + struct.pack(">I", crc32(prelude)) + block + payload
    return unsigned + struct.pack(">I", crc32(unsigned))


def feed(framer: EventStreamFramer, stream: bytes, size: int, found: list[Frame]) -> None:
    for start in range(0, len(stream), size):
        found += framer.feed(stream[start : start + size])
    found += framer.close()


EVENT = [text(":event-type", "chunk"), text(":message-type", "event")]
CHUNK = message(b'{"a": 1}', EVENT)
OTHER_TYPES: Headers = [
    ("yes", 0, b""),
    ("no", 1, b""),
    ("byte", 2, b"\1"),
    ("short", 3, b"\1\2"),
    ("int", 4, b"\1\2\3\4"),
    ("long", 5, b"\1" * 8),
    ("bytes", 6, b"\0\3abc"),
    ("time", 8, b"\1" * 8),
    ("uuid", 9, b"\1" * 16),
]
HEADERS = st.lists(
    st.builds(text, st.text(max_size=12), st.text(max_size=12)) | st.sampled_from(OTHER_TYPES),
    max_size=5,
)


@given(st.lists(st.tuples(st.binary(max_size=40), HEADERS), max_size=6), st.integers(1, 60))
def test_each_message_is_a_frame_in_all_chunkings(
    values: list[tuple[bytes, Headers]], size: int
) -> None:
    found: list[Frame] = []
    feed(EventStreamFramer(), b"".join(message(*value) for value in values), size, found)
    assert [frame.data for frame in found] == [payload for payload, _ in values]
    for frame, (_, headers) in zip(found, values, strict=True):
        assert frame.headers == {
            name: value[2:].decode() for name, kind, value in headers if kind == 7
        }


@given(st.integers(0, len(CHUNK) - 1), st.integers(0, 7), st.integers(1, 60))
def test_no_bit_can_turn_over_unnoticed(place: int, bit: int, size: int) -> None:
    turned = bytes([CHUNK[place] ^ (1 << bit)])
    found: list[Frame] = []
    with pytest.raises(ResponseInvalidError):
        feed(EventStreamFramer(), CHUNK + CHUNK[:place] + turned + CHUNK[place + 1 :], size, found)
    assert found == [Frame(b'{"a": 1}', "chunk", headers=found[0].headers)]


@given(st.binary(min_size=1, max_size=100), st.integers(1, 60))
def test_bytes_that_are_not_an_event_stream_raise(data: bytes, size: int) -> None:
    with pytest.raises(ResponseInvalidError):
        feed(EventStreamFramer(), data, size, [])


@pytest.mark.parametrize("cut", range(1, len(CHUNK)))
def test_a_message_that_is_cut_off_raises_at_the_end(cut: int) -> None:
    framer = EventStreamFramer()
    assert not list(framer.feed(CHUNK[:cut]))
    with pytest.raises(ResponseInvalidError, match=f"ended {cut} bytes into a message"):
        framer.close()


def test_a_message_beyond_the_limit_raises_after_those_before_it() -> None:
    framer = EventStreamFramer(limit=len(CHUNK))
    longer = message(b'{"a": 12}', EVENT)
    found: list[Frame] = []
    with pytest.raises(ResponseInvalidError, match=f"{len(longer)} bytes"):
        feed(framer, CHUNK + longer[:20], 1000, found)
    assert [frame.data for frame in found] == [b'{"a": 1}']
    with pytest.raises(ResponseInvalidError, match=f"{len(longer)} bytes"):
        list(framer.feed(b""))


@pytest.mark.parametrize("headers", [5, 2**32 - 1])
def test_headers_longer_than_their_message_raise(headers: int) -> None:
    prelude = struct.pack(">II", 20, headers)
    with pytest.raises(ResponseInvalidError, match=f"have 20 bytes, {headers} of headers"):
        list(EventStreamFramer().feed(prelude + struct.pack(">I", crc32(prelude))))


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ([("x", 10, b"")], "not readable"),
        ([("x", 7, b"\0\1\xff")], "not readable"),
        ([("x", 7, b"\0\5abc")], "cut off"),
        ([("x", 5, b"abc")], "cut off"),
    ],
    ids=["unknown type", "not UTF-8", "text cut off", "number cut off"],
)
def test_invalid_headers_raise(headers: Headers, why: str) -> None:
    with pytest.raises(ResponseInvalidError, match=why):
        list(EventStreamFramer().feed(message(b"", headers)))


def test_a_header_without_a_type_raises() -> None:
    block = b"\4name"
    prelude = struct.pack(">II", len(block) + 16, len(block))
    unsigned = prelude + struct.pack(">I", crc32(prelude)) + block
    with pytest.raises(ResponseInvalidError, match="not readable"):
        list(EventStreamFramer().feed(unsigned + struct.pack(">I", crc32(unsigned))))


@pytest.mark.parametrize(
    ("headers", "event"),
    [
        ([text(":exception-type", "throttlingException")], "throttlingException"),
        ([text(":error-code", "500"), text(":error-message", "down")], "500"),
        ([], ""),
    ],
    ids=["exception", "error", "nothing"],
)
def test_a_failure_is_named_like_an_event(headers: Headers, event: str) -> None:
    (frame,) = EventStreamFramer().feed(message(b"{}", headers))
    assert frame.event == event


def test_headers_that_differ_each_time_do_not_pile_up() -> None:
    framer = EventStreamFramer()
    for number in range(100):
        list(framer.feed(message(b"", [text("number", str(number))])))
    assert len(framer._headers) == 64

import re
from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatmodels.core import ResponseInvalidError
from chatmodels.http import Frame, SseFramer


def pieces_of(stream: bytes, size: int) -> list[bytes]:
    return [stream[start : start + size] for start in range(0, len(stream), size)]


def feed(framer: SseFramer, chunks: Iterable[bytes], found: list[Frame]) -> None:
    for chunk in chunks:
        found += framer.feed(chunk)
    found += framer.close()


def frames(chunks: Iterable[bytes]) -> list[Frame]:
    found: list[Frame] = []
    feed(SseFramer(), chunks, found)
    return found


def plain_reading(stream: bytes) -> list[Frame]:
    """A literal and slow implementation of the standard."""
    found: list[Frame] = []
    data: list[str] = []
    event = last_id = ""
    text = stream.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    for line in [*re.split("\r\n|\r|\n", text), ""]:
        name, colon, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                payload = "\n".join(data).encode("utf-8", "surrogateescape")
                found.append(Frame(payload, event, last_id))
            data, event = [], ""
        elif not name and colon:
            continue
        elif name == "data":
            data.append(value)
        elif name == "event":
            event = value
        elif name == "id" and "\0" not in value:
            last_id = value
    return found


LINES = st.sampled_from(
    [
        b"data: {}",
        b'data: {"a": "\xc3\xa9"}',
        b"data:close",
        b"data:  two spaces",
        b"data:",
        b"data",
        b"datum: no",
        b"event: delta",
        b"event:",
        b"id: 7",
        b"id: \0",
        b"id",
        b"retry: 3",
        b": ping",
        b":",
        b"",
        b"",
        b" data: indented",
        b"\xef\xbb\xbfdata: no mark of byte order here",
    ]
)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    mark = draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    lines = draw(st.lists(st.tuples(LINES, ENDS), max_size=12))
    last = draw(st.one_of(st.just(b""), LINES))
    return mark + b"".join(line + end for line, end in lines) + last


@st.composite
def cut_streams(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    stream = draw(streams())
    cuts = sorted(draw(st.sets(st.integers(0, len(stream)), max_size=8)))
    return stream, [stream[i:j] for i, j in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


@given(cut_streams())
def test_a_stream_split_anywhere_yields_the_events_of_the_standard(
    cut: tuple[bytes, list[bytes]],
) -> None:
    stream, chunks = cut
    assert frames(chunks) == plain_reading(stream)


@given(streams())
@example(b"data: a\r\n\r\ndata: b\r\r\n\n\n\n\ndata: c\n\n")
def test_a_stream_that_arrives_byte_by_byte_yields_the_same_events(stream: bytes) -> None:
    assert frames(bytes([byte]) for byte in stream) == frames([stream])


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(b"data: YHOO\ndata: +2\ndata: 10\n\n", [b"YHOO\n+2\n10"], id="many lines"),
        pytest.param(b"data\n\ndata\ndata\n\ndata:\n", [b"", b"\n", b""], id="empty data"),
        pytest.param(b"data:x\n\ndata: x\n\n", [b"x", b"x"], id="one space is optional"),
        pytest.param(b": ping\n\nevent: ping\n\n\n\n", [], id="nothing but comments and names"),
        pytest.param(b"data: [DONE]", [b"[DONE]"], id="no final newline"),
        pytest.param(b"data: [DONE]\n", [b"[DONE]"], id="no blank line at the end"),
        pytest.param(b"data: \xff\xfe\n\n", [b"\xff\xfe"], id="invalid UTF-8 is for the codec"),
        pytest.param(b"", [], id="an empty stream"),
        pytest.param(b"\xef\xbb", [], id="half a byte order mark"),
    ],
)
def test_the_data_of_an_event_are_read(stream: bytes, expected: list[bytes]) -> None:
    assert [frame.data for frame in frames([stream])] == expected


def test_an_event_is_returned_as_soon_as_its_blank_line_has_arrived() -> None:
    framer = SseFramer()
    assert not framer.feed(b"data: 1\r")
    assert framer.feed(b"\r") == [Frame(b"1")]
    assert framer.feed(b"\ndata: 2\n\n") == [Frame(b"2")]
    assert not framer.feed(b"data: 3\r")
    assert not framer.feed(b"")
    assert framer.feed(b"\n\r\n") == [Frame(b"3")]


def test_an_id_applies_until_the_next_one_and_a_name_to_one_event() -> None:
    stream = b"id: 1\nevent: start\ndata: a\n\ndata: b\n\nid\ndata: c\n\n"
    assert frames([stream]) == [Frame(b"a", "start", "1"), Frame(b"b", "", "1"), Frame(b"c")]


@pytest.mark.parametrize("size", [1, 3, 64, 10_000], ids="pieces of {}".format)
def test_an_event_beyond_the_limit_raises_in_all_chunkings(size: int) -> None:
    good, long = b"data: 45678\n\n", b"data: 456789\n\n"
    stream = good + long + good
    framer = SseFramer(limit=11)
    found: list[Frame] = []
    with pytest.raises(ResponseInvalidError, match="an event of more than 11 bytes"):
        feed(framer, pieces_of(stream, size), found)
    assert found == [Frame(b"45678")]


@pytest.mark.parametrize("size", [1, 5, 1000], ids="pieces of {}".format)
def test_an_endless_event_raises(size: int) -> None:
    stream = b"data: " + b"x" * 100
    with pytest.raises(ResponseInvalidError, match="more than 50 bytes"):
        feed(SseFramer(limit=50), pieces_of(stream, size), [])


def test_a_last_event_beyond_the_limit_raises_at_the_end() -> None:
    framer = SseFramer(limit=10)
    framer.feed(b"data: 45678")
    with pytest.raises(ResponseInvalidError, match="more than 10 bytes"):
        framer.close()


def test_a_large_event_in_tiny_chunks_is_complete() -> None:
    stream = b"data: " + b"x" * 1_000_000 + b"\n\n"
    assert [len(frame.data) for frame in frames(pieces_of(stream, 64))] == [1_000_000]


@pytest.mark.parametrize("error", [b'{\n  "error": {\n  }\n}', b'[{"error": 7}]\n', b"{"])
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_bare_json_is_an_event_if_it_is_enabled(error: bytes, size: int) -> None:
    stream = b"data: 1\r\n\r\n" + error
    found: list[Frame] = []
    feed(SseFramer(bare_json=True), pieces_of(stream, size), found)
    assert [frame.data for frame in found] == [b"1", error]
    assert frames(pieces_of(stream, size)) == [Frame(b"1")]

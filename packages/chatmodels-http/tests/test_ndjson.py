import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import ResponseInvalidError
from chatmodels.http import Frame, NdjsonFramer


def feed(framer: NdjsonFramer, stream: bytes, size: int, found: list[Frame]) -> None:
    for start in range(0, len(stream), size):
        found += framer.feed(stream[start : start + size])
    found += framer.close()


@given(
    st.lists(st.sampled_from([b'{"a": 1}', b"{}", b"", b"  ", b"\xff", b'"\r"']), max_size=8),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
    st.integers(1, 12),
)
def test_each_line_is_a_frame_in_all_chunkings(
    values: list[bytes], end: bytes, ended: bool, size: int
) -> None:
    stream = end.join(values) + (end if ended else b"")
    found: list[Frame] = []
    feed(NdjsonFramer(), stream, size, found)
    assert found == [Frame(value) for value in values if value.strip()]


@pytest.mark.parametrize("size", [1, 4, 100], ids="pieces of {}".format)
def test_a_line_beyond_the_limit_raises_after_those_before_it(size: int) -> None:
    found: list[Frame] = []
    with pytest.raises(ResponseInvalidError, match="a line of more than 4 bytes"):
        feed(NdjsonFramer(limit=4), b"1234\n12345\n12", size, found)
    assert found == [Frame(b"1234")]


def test_an_unended_line_beyond_the_limit_raises_after_those_before_it() -> None:
    framer = NdjsonFramer(limit=4)
    assert framer.feed(b"1234\n12345") == [Frame(b"1234")]
    with pytest.raises(ResponseInvalidError, match="a line of more than 4 bytes"):
        framer.feed(b"")

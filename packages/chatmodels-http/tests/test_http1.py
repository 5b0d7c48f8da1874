"""Responses of HTTP/1.1, with both parsers: the same bytes, or the same refusal."""

import sys
from collections.abc import Callable, Sequence

import pytest

from chatmodels.http._transport.http1.default_parser import default_parser
from chatmodels.http._transport.http1.framing import MAX_HEAD, FramingError
from chatmodels.http._transport.http1.h11_parser import H11Parser
from chatmodels.http._transport.http1.llhttp_parser import LlhttpParser
from chatmodels.http._transport.http1.reader import ResponseReader

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
NEXT = OK + b"content-length: 5\r\n\r\nother"

Make = Callable[[], ResponseReader]


@pytest.fixture(params=[LlhttpParser, H11Parser])
def make(request: pytest.FixtureRequest) -> Make:
    return lambda: ResponseReader(request.param)


def read(reader: ResponseReader, parts: Sequence[bytes]) -> bytes:
    return b"".join([reader.feed(part) for part in parts])


def cuts(data: bytes) -> list[list[bytes]]:
    """Cut data nowhere, at each byte, and into single bytes."""
    pairs = [[data[:at], data[at:]] for at in range(1, len(data))]
    return [[data], *pairs, [data[at : at + 1] for at in range(len(data))]]


RESPONSES = {
    "length": (OK + b"Content-Length: 5\r\n\r\nhello", b"hello", True),
    "padded length": (OK + b"content-length: \t5 \r\n\r\nhello", b"hello", True),
    "empty": (OK + b"content-length: 0\r\n\r\n", b"", True),
    "chunked": (CHUNKED + b"2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\n\r\n", b"hello", True),
    "padded size": (CHUNKED + b"5  \r\nhello\r\n0\r\n\r\n", b"hello", True),
    "trailers": (CHUNKED + b"5\r\nhello\r\n0\r\nx: y\r\n\r\n", b"hello", True),
    "a coding in capitals": (
        OK + b"Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"hello",
        True,
    ),
    "empty lines in a chunk": (
        CHUNKED + b"8\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        True,
    ),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", b"", True),
    "not modified": (b"HTTP/1.1 304 X\r\ncontent-length: 9\r\n\r\n", b"", True),
    "no reason": (b"HTTP/1.1 200 \r\ncontent-length: 1\r\n\r\n!", b"!", True),
    "close": (OK + b"Connection: Close\r\ncontent-length: 1\r\n\r\n!", b"!", False),
    "old": (b"HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n!", b"!", False),
    "interim": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\n"
        + OK
        + b"content-length: 1\r\n\r\n!",
        b"!",
        True,
    ),
}


@pytest.mark.parametrize(("data", "body", "reusable"), RESPONSES.values(), ids=RESPONSES.keys())
def test_a_response_is_the_same_however_it_arrives(
    make: Make, data: bytes, body: bytes, reusable: bool
) -> None:
    for parts in cuts(data):
        reader = make()
        assert read(reader, parts) == body, parts
        assert (reader.done, reader.reusable) == (True, reusable), parts
        assert "link" not in reader.headers


@pytest.mark.parametrize("leftover", [b"\r\n", b"x", b"HTTP/1.1 2", NEXT])
@pytest.mark.parametrize("name", [name for name in RESPONSES if RESPONSES[name][2]])
def test_bytes_after_a_response_make_its_connection_useless(
    make: Make, name: str, leftover: bytes
) -> None:
    data, body, _ = RESPONSES[name]
    for parts in cuts(data + leftover):
        reader = make()
        assert read(reader, parts) == body
        assert (reader.done, reader.reusable) == (True, False), parts


def test_a_reader_reads_one_response_after_another(make: Make) -> None:
    reader = make()
    for data, body, _ in RESPONSES.values():
        reader.begin()
        assert (reader.status, reader.done) == (0, False)
        assert reader.feed(data) == body


@pytest.mark.parametrize("method", ["HEAD", "CONNECT"])
def test_the_response_to_some_methods_has_no_body(make: Make, method: str) -> None:
    reader = make()
    reader.begin(method)
    reader.feed(OK + b"content-length: 5\r\n\r\n")
    assert (reader.done, reader.reusable, reader.status) == (True, True, 200)


def test_a_body_can_end_with_the_connection(make: Make) -> None:
    reader = make()
    assert read(reader, [OK + b"\r\nhe", b"llo"]) == b"hello"
    assert not reader.done
    reader.end()
    assert (reader.done, reader.reusable) == (True, False)
    reader.end()


def test_the_first_header_of_a_name_wins(make: Make) -> None:
    reader = make()
    reader.feed(OK + b"X-One:  1 \r\nx-one: 2\r\nconnection: x\r\nConnection: close\r\n\r\n")
    assert reader.headers == {"x-one": "1", "connection": "x"}
    assert not reader.reusable


REFUSED = {
    "another protocol": b"220 mail.acme.test ESMTP\r\n\r\n",
    "another version": b"HTTP/2 200 OK\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "an empty line first": b"\r\n" + OK + b"\r\n",
    "a switch of protocols": b"HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    "a bare line feed": OK + b"x: y\nz: 1\r\n\r\n",
    "bare line feeds at the end": OK + b"x: y\n\n",
    "a bare carriage return": OK + b"x: y\rz: 1\r\n\r\n",
    "a folded header": OK + b"x: y\r\n z\r\n\r\n",
    "a header without a colon": OK + b"nonsense\r\n\r\n",
    "a space before a colon": OK + b"content-length : 1\r\n\r\n!",
    "a zero byte": OK + b"x: a\0b\r\n\r\n",
    "two lengths": OK + b"content-length: 1\r\ncontent-length: 2\r\n\r\n!",
    "the same length twice": OK + b"content-length: 1\r\nContent-Length: 1\r\n\r\n!",
    "a list of lengths": OK + b"content-length: 1, 1\r\n\r\n!",
    "a negative length": OK + b"content-length: -1\r\n\r\n!",
    "an endless length": OK + b"content-length: 99999999999999999999\r\n\r\n!",
    "a length and chunks": OK + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
    "chunks twice": OK + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
    "another coding": OK + b"transfer-encoding: gzip, chunked\r\n\r\n",
    "a size that is no number": CHUNKED + b"five\r\nhello\r\n",
    "a bare line feed after a size": CHUNKED + b"5\nhello\r\n",
    "a chunk that is too long": CHUNKED + b"4\r\nhello\r\n",
    "an endless size": CHUNKED + b"fffffffffffffffffffff\r\nhello\r\n",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_bytes_that_violate_http_are_refused(make: Make, data: bytes) -> None:
    for parts in cuts(data):
        reader = make()
        read(reader, parts)
        assert reader.error is not None, parts
        assert not reader.reusable
        assert reader.feed(b"more") == b""


def test_what_arrives_before_a_violation_is_read(make: Make) -> None:
    for parts in cuts(CHUNKED + b"5\r\nhello\r\nfive\r\n"):
        reader = make()
        assert read(reader, parts) == b"hello"
        assert (reader.status, reader.error is None) == (200, False)


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(b"x" * 1000, id="one line"),
        pytest.param(b"x: y\r\n" * 100, id="many lines"),
    ],
)
def test_a_head_without_an_end_is_refused(make: Make, part: bytes) -> None:
    reader = make()
    read(reader, [OK + b"x: ", *[part] * 200])
    assert "longer than 100 KB" in str(reader.error)


def test_a_long_head_is_refused_also_if_it_arrives_at_once(make: Make) -> None:
    reader = make()
    reader.feed(OK + b"x: y\r\n" * MAX_HEAD + b"\r\n")
    assert "longer than 100 KB" in str(reader.error)


@pytest.mark.parametrize(
    ("first", "part"),
    [(b"5;", b"x" * 999), (b"0\r\n", b"x: y\r\n" * 99), (b"", b"0" * 10)],
    ids=["an extension", "trailers", "a size"],
)
def test_bytes_between_chunks_are_bounded(make: Make, first: bytes, part: bytes) -> None:
    reader = make()
    reader.feed(CHUNKED + first)
    read(reader, [part] * (2 + MAX_HEAD // len(part)))
    assert reader.error is not None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "without a response"),
        (b"HTTP/1.1", "in the middle"),
        (OK + b"content-length: 5\r\n\r\nhell", "in the middle"),
        (CHUNKED + b"5\r\nhello\r\n", "in the middle"),
    ],
)
def test_an_early_end_of_the_connection_is_an_error(make: Make, data: bytes, message: str) -> None:
    reader = make()
    reader.feed(data)
    with pytest.raises(FramingError, match=message):
        reader.end()


def test_the_default_parser_is_llhttp() -> None:
    assert default_parser() is LlhttpParser


def test_the_parser_is_h11_if_there_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httptools", None)
    monkeypatch.delitem(sys.modules, LlhttpParser.__module__)
    assert default_parser.__wrapped__() is H11Parser

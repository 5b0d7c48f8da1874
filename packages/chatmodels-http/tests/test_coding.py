"""Content codings: bounded steps, every format that servers send, clear errors for the rest."""

import gzip
import sys
import zlib
from collections.abc import Callable
from typing import Any

import backports.zstd
import brotli
import pytest
import zstandard

from chatmodels.core import (
    AuthenticationError,
    ErrorCode,
    NetworkError,
    RateLimitError,
    ResponseInvalidError,
    StreamInterruptedError,
)
from chatmodels.http import TransferError
from chatmodels.http._transport import content_encoding
from chatmodels.http._transport.content_encoding import STEP, decoder

TEXT = b"hello" * 100


def raw_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", backports.zstd.compress),
}
codings = pytest.mark.parametrize(("coding", "encode"), list(ENCODERS.values()), ids=list(ENCODERS))


@pytest.fixture(params=["compression.zstd", "backports.zstd", "zstandard"])
def zstd_library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let only one library for zstandard be found; the standard library's is the backport's API."""
    for name in ("compression.zstd", "backports.zstd", "zstandard"):
        monkeypatch.setitem(sys.modules, name, None)
    found = zstandard if request.param == "zstandard" else backports.zstd
    monkeypatch.setitem(sys.modules, request.param, found)
    return request.param


def decoded(coding: str, *chunks: bytes) -> bytes:
    undo = decoder(coding)
    assert undo is not None
    steps: list[bytes] = []
    for chunk in chunks:
        steps.append(undo.feed(chunk) or b"")
        while step := undo.rest():
            steps.append(step)
    assert undo.feed(None) is None
    return b"".join(steps)


def each_byte(body: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in body]


@codings
def test_a_coding_is_decoded_chunk_by_chunk(coding: str, encode: Callable[[bytes], bytes]) -> None:
    assert decoded(coding, *each_byte(encode(TEXT))) == TEXT
    assert decoded(coding, encode(TEXT)) == TEXT


@pytest.mark.parametrize(
    ("coding", "encode"),
    [("gzip", gzip.compress), ("zstd", backports.zstd.compress)],
    ids=["gzip", "zstd"],
)
def test_a_body_can_have_several_members(coding: str, encode: Callable[[bytes], bytes]) -> None:
    body = encode(b"one") + encode(b"") + encode(b"two")
    assert decoded(coding, body) == b"onetwo"
    assert decoded(coding, *each_byte(body)) == b"onetwo"


def test_the_padding_of_gzip_is_skipped() -> None:
    assert decoded("gzip", gzip.compress(b"one") + bytes(100), bytes(3)) == b"one"


@codings
def test_no_step_is_much_longer_than_the_limit(
    coding: str, encode: Callable[[bytes], bytes]
) -> None:
    size = 20 * STEP
    undo = decoder(coding)
    assert undo is not None
    step = undo.feed(encode(bytes(size))) or b""
    steps: list[int] = []
    while step:
        steps.append(len(step))
        step = undo.rest()
    assert sum(steps) == size
    assert max(steps) <= 4 * STEP


def test_each_library_for_zstandard_decodes_in_steps(zstd_library: str) -> None:
    body = backports.zstd.compress(TEXT) + backports.zstd.compress(bytes(40 * STEP))
    assert decoded("zstd", body) == decoded("zstd", *each_byte(body)) == TEXT + bytes(40 * STEP)
    undo = decoder("zstd")
    assert undo is not None
    assert len(undo.feed(body) or b"") < 40 * STEP


@codings
def test_a_body_that_ends_within_its_coding_is_broken(
    coding: str, encode: Callable[[bytes], bytes]
) -> None:
    body = encode(TEXT)
    for end in range(1, len(body)):
        with pytest.raises(TransferError, match="the body ends within its coding") as caught:
            decoded(coding, body[:end])
        assert caught.value.kind == "broken"


def test_each_library_for_zstandard_reports_a_body_that_is_cut(zstd_library: str) -> None:
    with pytest.raises(TransferError, match="the body ends within its coding, zstd"):
        decoded("zstd", backports.zstd.compress(TEXT)[:-1])


@codings
def test_a_body_without_a_byte_has_no_coding(coding: str, encode: Callable[[bytes], bytes]) -> None:
    assert decoded(coding) == b""


def test_brotlicffi_is_used_if_brotli_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    monkeypatch.setitem(sys.modules, "brotlicffi", brotli)
    assert decoded("br", brotli.compress(TEXT)) == TEXT


@pytest.mark.parametrize(
    ("coding", "libraries", "words"),
    [
        ("br", ["brotli", "brotlicffi"], "pip install 'brotli>=1.2'"),
        ("zstd", ["compression.zstd", "backports.zstd", "zstandard"], "pip install backports.zstd"),
    ],
)
def test_a_missing_library_is_named(
    coding: str, libraries: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in libraries:
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(TransferError, match=words) as caught:
        decoded(coding, b"x")
    assert caught.value.kind == "undecodable"


@pytest.mark.parametrize("coding", [None, "", "identity"])
def test_a_body_without_coding_needs_no_decoder(coding: str | None) -> None:
    assert decoder(coding) is None


def test_an_unknown_coding_raises_when_the_body_is_read() -> None:
    undo = decoder("snappy")
    assert undo is not None
    assert undo.rest() == b""
    assert undo.feed(None) is None
    with pytest.raises(TransferError, match="the content coding 'snappy'") as caught:
        undo.feed(b"x")
    assert caught.value.kind == "undecodable"


@codings
def test_a_body_in_another_format_is_broken(coding: str, encode: Callable[[bytes], bytes]) -> None:
    with pytest.raises(TransferError, match="the body is not valid") as caught:
        decoded(coding, b"\x07plain text that is not compressed at all")
    assert caught.value.kind == "broken"


FORMS = ["generate", "stream", "agenerate", "astream"]
forms = pytest.mark.parametrize("form", FORMS)


@forms
@pytest.mark.parametrize(
    ("status", "error"), [(401, AuthenticationError), (429, RateLimitError)], ids=["401", "429"]
)
def test_a_failure_with_an_undecodable_body_has_its_status(
    server: Any, through: Any, form: str, status: int, error: type[Exception]
) -> None:
    server.handler = lambda exchange: exchange.respond(
        b"\x00\x01", status, content_encoding="snappy", retry_after="7", x_request_id="req_1"
    )
    with pytest.raises(error) as caught:
        through(form)
    found: Any = caught.value
    assert (found.status, found.retry_after, found.request_id) == (status, 7, "req_1")


@forms
def test_a_response_in_an_unknown_coding_is_not_requested_again(
    server: Any, through: Any, form: str
) -> None:
    server.handler = lambda exchange: exchange.respond(
        b"\x00\x01", content_encoding="snappy", x_request_id="req_1"
    )
    with pytest.raises(ResponseInvalidError, match="content coding 'snappy'") as caught:
        through(form, max_retries=2)
    assert caught.value.code is ErrorCode.RESPONSE_INVALID
    assert (caught.value.status, caught.value.request_id) == (200, "req_1")
    assert len(server.requests) == 1


@forms
@codings
def test_responses_are_decoded(
    server: Any, through: Any, form: str, coding: str, encode: Callable[[bytes], bytes]
) -> None:
    server.handler = lambda exchange: exchange.respond(
        encode(b'{"text": "hello"}'), content_encoding=coding
    )
    assert through(form).text == "hello"
    assert server.requests[0].headers["accept-encoding"] == "identity"


@forms
@codings
def test_a_response_that_is_cut_within_its_coding_is_an_error(
    server: Any, through: Any, form: str, coding: str, encode: Callable[[bytes], bytes]
) -> None:
    body = encode(b'{"text": "hello"}')
    server.handler = lambda exchange: exchange.respond(
        body[:-1], content_encoding=coding, x_request_id="req_1"
    )
    with pytest.raises(NetworkError, match="the body ends within its coding") as caught:
        through(form)
    assert caught.value.request_id == "req_1"


@pytest.mark.parametrize("form", ["stream", "astream"])
def test_a_stream_that_is_cut_within_its_coding_keeps_its_partial_response(
    server: Any, through: Any, form: str
) -> None:
    def handle(exchange: Any) -> None:
        compressor = zlib.compressobj(wbits=zlib.MAX_WBITS + 16)
        exchange.begin(content_encoding="gzip")
        exchange.chunk(compressor.compress(b'data: {"text": "Hel"}\n\n') + sync(compressor))
        exchange.end()

    def sync(compressor: Any) -> bytes:
        return compressor.flush(zlib.Z_SYNC_FLUSH)

    server.handler = handle
    with pytest.raises(StreamInterruptedError, match="the body ends within its coding") as caught:
        through(form)
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"


@forms
def test_a_body_that_unpacks_beyond_the_limit_is_left_off(
    server: Any, through: Any, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatmodels.http._bodies.MAX_BODY_BYTES", 3 * STEP)
    fed = counted_steps(monkeypatch)
    server.handler = lambda exchange: exchange.respond(
        gzip.compress(bytes(100 * STEP)), content_encoding="gzip"
    )
    with pytest.raises(ResponseInvalidError, match="more than"):
        through(form)
    assert sum(fed) <= 5 * STEP


@forms
def test_the_body_of_a_failure_is_unpacked_as_far_as_it_is_read(
    server: Any, through: Any, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed = counted_steps(monkeypatch)
    server.handler = lambda exchange: exchange.respond(
        gzip.compress(b"no " * (40 * STEP)), 429, content_encoding="gzip"
    )
    with pytest.raises(RateLimitError, match="no no no"):
        through(form)
    assert sum(fed) <= 2 * STEP


def counted_steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    lengths: list[int] = []
    step = content_encoding._Decoder._step

    def counted(self: Any) -> bytes:
        decoded = step(self)
        lengths.append(len(decoded))
        return decoded

    monkeypatch.setattr(content_encoding._Decoder, "_step", counted)
    return lengths

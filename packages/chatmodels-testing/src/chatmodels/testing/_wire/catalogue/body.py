"""Body faults: lengths, chunks, content codings, and contents other than the correct JSON."""

import gzip
import zlib

from chatmodels.core import ErrorCode
from chatmodels.testing._fault import Expected
from chatmodels.testing._wire.correct_response import chunked
from chatmodels.testing._wire.fault import SUCCESS, WireFault, fails, may_fail
from chatmodels.testing._wire.scripts import (
    Change,
    altered,
    chunks,
    content,
    data,
    framing,
    instead,
    relabelled,
)

_NETWORK, _INVALID = ErrorCode.NETWORK, ErrorCode.RESPONSE_INVALID
_INTERRUPTED = ErrorCode.STREAM_INTERRUPTED

_CONNECTION_LOST = fails(_NETWORK)
_STREAM_BROKEN = fails(_INTERRUPTED, _NETWORK)
_CUT = may_fail(_INTERRUPTED, _NETWORK)
_CORRUPTED = fails(_INVALID, _NETWORK)
_CORRUPTED_STREAM = fails(_INTERRUPTED, _INVALID, _NETWORK)
_INVALID_BODY = fails(_INVALID, status=200)
_INVALID_STREAM = fails(_INVALID, _INTERRUPTED, status=200)
_TOLERATED = may_fail(_INVALID)
_TOLERATED_STREAM = may_fail(_INVALID, _INTERRUPTED, _NETWORK)

_JSON = "application/json"
_PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>"


def _chunk(size: bytes, body: bytes) -> bytes:
    return b"%b\r\n%b\r\n0\r\n\r\n" % (size, body)


def _hex(body: bytes) -> bytes:
    return b"%x" % len(body)


def _in_first_object(text: bytes, body: bytes) -> bytes:
    """Insert a field into the first object of a body, which is JSON or a stream of JSON."""
    return body.replace(b"{", b"{" + text + b",", 1)


def _raw_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def _broken_chunks(name: str, description: str, body: Change, stream: Expected) -> WireFault:
    return WireFault(name, f"sends {description}", chunks(body, "close"), _CONNECTION_LOST, stream)


def _unusual_chunks(name: str, description: str, body: Change, expected: Expected) -> WireFault:
    return WireFault(name, f"sends {description}", chunks(body), expected)


def _coded(
    name: str,
    description: str,
    coding: bytes,
    change: Change,
    whole: Expected = SUCCESS,
    stream: Expected = SUCCESS,
) -> WireFault:
    script = content(change, b"content-encoding: " + coding)
    return WireFault(name, f"sends {description}", script, whole, stream)


def _whole(name: str, description: str, change: Change, expected: Expected) -> WireFault:
    return WireFault(name, f"sends {description}", content(change), expected, modes=("whole",))


def _instead(name: str, description: str, body: bytes, kind: str | None = _JSON) -> WireFault:
    return WireFault(
        name, f"sends {description}", instead(body, kind), _INVALID_BODY, _INVALID_STREAM
    )


FAULTS = (
    WireFault(
        "length-too-long",
        "announces a body that is longer than it is, and closes",
        framing(lambda n: (b"content-length: %d" % (n + 10),), bytes, "close"),
        _CONNECTION_LOST,
        _CUT,
    ),
    WireFault(
        "length-too-short",
        "announces a body that is shorter than it is, and sends all of it",
        framing(lambda n: (b"content-length: %d" % (n // 2),), bytes, "close"),
        _CORRUPTED,
        _CORRUPTED_STREAM,
    ),
    WireFault(
        "length-zero",
        "announces an empty body, and sends the correct one",
        framing(lambda n: (b"content-length: 0",), bytes, "close"),
        _CORRUPTED,
        _CORRUPTED_STREAM,
    ),
    WireFault("bytes-after-end", "sends bytes after the end", data(lambda d: d + b"more"), SUCCESS),
    WireFault(
        "line-after-end", "sends an empty line after the end", data(lambda d: d + b"\r\n"), SUCCESS
    ),
    _broken_chunks(
        "chunk-size-of-letters",
        "a chunk size that is not a number",
        lambda b: _chunk(b"zz", b),
        _STREAM_BROKEN,
    ),
    _broken_chunks(
        "chunk-size-negative", "a negative chunk size", lambda b: _chunk(b"-5", b), _STREAM_BROKEN
    ),
    _broken_chunks(
        "chunk-size-with-prefix",
        "a chunk size with 0x",
        lambda b: _chunk(b"0x" + _hex(b), b),
        _STREAM_BROKEN,
    ),
    _broken_chunks(
        "chunk-size-empty", "an empty chunk size", lambda b: _chunk(b"", b), _STREAM_BROKEN
    ),
    _broken_chunks(
        "chunk-size-of-a-terabyte",
        "a chunk size of a terabyte",
        lambda b: _chunk(b"e8d4a51000", b),
        _CUT,
    ),
    _broken_chunks(
        "chunk-too-long",
        "a chunk that is longer than its size",
        lambda b: _chunk(b"%x" % (len(b) - 5), b),
        _CUT,
    ),
    _broken_chunks(
        "chunk-too-short",
        "a chunk that is shorter than its size",
        lambda b: _chunk(b"%x" % (len(b) + 5), b),
        _CUT,
    ),
    _broken_chunks(
        "chunk-not-whole",
        "half of a chunk",
        lambda b: _hex(b) + b"\r\n" + b[: len(b) // 2],
        _STREAM_BROKEN,
    ),
    _broken_chunks(
        "chunk-size-only", "only the size of a chunk", lambda b: _hex(b) + b"\r\n", _STREAM_BROKEN
    ),
    _broken_chunks(
        "no-last-chunk", "no last chunk", lambda b: _hex(b) + b"\r\n" + b + b"\r\n", _CUT
    ),
    _broken_chunks(
        "last-chunk-not-whole",
        "half of the last chunk",
        lambda b: _hex(b) + b"\r\n" + b + b"\r\n0\r",
        _CUT,
    ),
    _broken_chunks("no-chunks", "no chunk at all", lambda b: b"", _STREAM_BROKEN),
    _unusual_chunks(
        "chunk-of-a-byte",
        "a chunk for every byte",
        lambda b: chunked(*(b[i : i + 1] for i in range(len(b)))),
        SUCCESS,
    ),
    _unusual_chunks(
        "chunk-size-with-zeros",
        "a chunk size with leading zeros",
        lambda b: _chunk(b"000" + _hex(b), b),
        SUCCESS,
    ),
    _unusual_chunks(
        "chunk-size-upper-case",
        "a chunk size in upper case",
        lambda b: _chunk(_hex(b).upper(), b),
        SUCCESS,
    ),
    _unusual_chunks(
        "chunk-extension",
        "a chunk with an extension",
        lambda b: _chunk(_hex(b) + b";name=value", b),
        SUCCESS,
    ),
    _unusual_chunks(
        "chunk-extension-long",
        "a chunk with an extension of 1 KB",
        lambda b: _chunk(_hex(b) + b";" + b"x" * 1_000, b),
        may_fail(_NETWORK, _INTERRUPTED),
    ),
    _unusual_chunks(
        "trailers",
        "headers after the last chunk",
        lambda b: chunked(b)[:-2] + b"x-trailer: 1\r\n\r\n",
        SUCCESS,
    ),
    _unusual_chunks(
        "trailer-malformed",
        "a malformed header after the last chunk",
        lambda b: chunked(b)[:-2] + b"no trailer\r\n\r\n",
        may_fail(_NETWORK, _INTERRUPTED),
    ),
    WireFault(
        "chunk-line-feeds",
        "ends the lines of chunks with line feeds only",
        chunks(lambda b: b"%b\n%b\n0\n\n" % (_hex(b), b), "close"),
        may_fail(_NETWORK, _INTERRUPTED),
    ),
    _coded("gzip", "gzip that was not requested", b"gzip", _compressed),
    _coded("x-gzip", "gzip under its old name", b"x-gzip", _compressed),
    _coded("gzip-upper-case", "gzip, the name in upper case", b"GZIP", _compressed),
    _coded("deflate", "zlib's format as deflate", b"deflate", zlib.compress),
    _coded("identity", "the content coding identity", b"identity", bytes),
    _coded("empty-coding", "an empty content coding", b"", bytes),
    _coded(
        "deflate-raw",
        "deflate without zlib's header",
        b"deflate",
        _raw_deflate,
        may_fail(_INVALID, _NETWORK),
        _TOLERATED_STREAM,
    ),
    _coded(
        "gzip-two-members",
        "gzip in two members",
        b"gzip",
        lambda b: _compressed(b[: len(b) // 2]) + _compressed(b[len(b) // 2 :]),
        may_fail(_INVALID, _NETWORK),
        _TOLERATED_STREAM,
    ),
    _coded(
        "gzip-with-rest",
        "gzip and zeros after it",
        b"gzip",
        lambda b: _compressed(b) + b"\0" * 8,
        may_fail(_INVALID, _NETWORK),
        _TOLERATED_STREAM,
    ),
    _coded(
        "gzip-truncated",
        "gzip that is cut off",
        b"gzip",
        lambda b: _compressed(b)[: len(_compressed(b)) // 2],
        _CORRUPTED,
        _CORRUPTED_STREAM,
    ),
    _coded(
        "gzip-wrong-checksum",
        "gzip with a wrong checksum",
        b"gzip",
        lambda b: _compressed(b)[:-8] + b"\0" * 8,
        may_fail(_INVALID, _NETWORK),
        _TOLERATED_STREAM,
    ),
    _coded(
        "gzip-that-is-none", "plain text as gzip", b"gzip", bytes, _CORRUPTED, _CORRUPTED_STREAM
    ),
    _coded(
        "gzip-empty",
        "an empty body as gzip",
        b"gzip",
        lambda b: b"",
        _CORRUPTED,
        _CORRUPTED_STREAM,
    ),
    _coded(
        "unknown-coding",
        "an unknown content coding",
        b"x-simulated",
        bytes,
        may_fail(_INVALID, _NETWORK),
        _TOLERATED_STREAM,
    ),
    _coded(
        "two-codings",
        "two content codings",
        b"x-simulated, gzip",
        _compressed,
        may_fail(_INVALID, _NETWORK),
        _TOLERATED_STREAM,
    ),
    _coded(
        "br-that-is-none",
        "plain text as br",
        b"br",
        bytes,
        may_fail(_INVALID, _NETWORK),
        _TOLERATED_STREAM,
    ),
    _coded(
        "zstd-that-is-none",
        "plain text as zstd",
        b"zstd",
        bytes,
        may_fail(_INVALID, _NETWORK),
        _TOLERATED_STREAM,
    ),
    WireFault(
        "gzip-unannounced",
        "sends gzip without a content-encoding header",
        content(_compressed),
        _CORRUPTED,
        _CORRUPTED_STREAM,
    ),
    _instead("empty-body", "an empty body", b""),
    _instead("blank-body", "a body of blanks", b" \r\n\t "),
    _instead("text", "plain text", b"It works!\n", "text/plain"),
    _instead("text-as-json", "plain text as JSON", b"It works!\n"),
    _instead("page", "a web page", _PAGE, "text/html; charset=utf-8"),
    _instead("page-as-json", "a web page as JSON", _PAGE),
    _instead("page-without-type", "a web page without a content type", _PAGE, None),
    _instead("xml", "XML", b'<?xml version="1.0"?><error>no</error>', "application/xml"),
    _instead(
        "binary", "bytes that are not text", bytes(range(128, 256)), "application/octet-stream"
    ),
    _instead("array", "an empty array", b"[]"),
    _instead("array-of-objects", "an array of objects", b'[{"text": "hello"}]'),
    _instead("string", "a string", b'"hello"'),
    _instead("number", "a number", b"42"),
    _instead("true", "true", b"true"),
    _instead("null", "null", b"null"),
    _instead("other-object", "an object of another API", b'{"status": "ok", "items": [1, 2]}'),
    _instead("half-an-object", "half of an object", b'{"id": "1", "choices": [{"ind'),
    _instead("nan", "NaN, which is not JSON", b'{"id": NaN}'),
    _instead("single-quotes", "an object in single quotes", b"{'id': '1'}"),
    _instead("control-in-string", "a line feed within a string", b'{"id": "a\nb"}'),
    _instead("utf-16", "JSON in UTF-16", '{"id": "1"}'.encode("utf-16")),
    WireFault(
        "truncated-json",
        "cuts off the JSON, though the transfer is complete",
        altered("truncated-json"),
        _INVALID_BODY,
        _INVALID_STREAM,
    ),
    WireFault(
        "invalid-utf8",
        "sends text that is not UTF-8",
        altered("invalid-utf8"),
        _INVALID_BODY,
        _INVALID_STREAM,
    ),
    WireFault(
        "no-message",
        "sends a response without a message",
        altered("empty"),
        _INVALID_BODY,
        _INVALID_STREAM,
    ),
    WireFault("unknown-fields", "adds fields to every object", altered("unknown-fields"), SUCCESS),
    _whole("json-then-text", "text after the JSON", lambda b: b + b" and more", _INVALID_BODY),
    _whole("json-twice", "the JSON twice", lambda b: b + b"\n" + b, _INVALID_BODY),
    _whole(
        "byte-order-mark",
        "a byte order mark before the JSON",
        lambda b: b"\xef\xbb\xbf" + b,
        _TOLERATED,
    ),
    _whole(
        "blanks-around",
        "64 KB of blanks around the JSON",
        lambda b: b" " * 65_536 + b + b"\n",
        SUCCESS,
    ),
    _whole(
        "repeated-field",
        "a field twice",
        lambda b: _in_first_object(b'"x":1,"x":2', b),
        SUCCESS,
    ),
    _whole(
        "nested-arrays",
        "a field with 50 nested arrays",
        lambda b: _in_first_object(b'"x":' + b"[" * 50 + b"]" * 50, b),
        SUCCESS,
    ),
    _whole(
        "number-too-large",
        "a number beyond all floats",
        lambda b: _in_first_object(b'"x":1e999', b),
        _TOLERATED,
    ),
    _whole(
        "number-of-40-digits",
        "an integer of 40 digits",
        lambda b: _in_first_object(b'"x":' + b"9" * 40, b),
        _TOLERATED,
    ),
    _whole(
        "lone-surrogate",
        "half of a surrogate pair in an unknown field",
        lambda b: _in_first_object(b'"x":"\\ud800"', b),
        _TOLERATED,
    ),
    _whole(
        "nul-in-string",
        "an escaped NUL in an unknown field",
        lambda b: _in_first_object(b'"x":"\\u0000"', b),
        SUCCESS,
    ),
    *(
        WireFault(name, f"sends the right body {description}", relabelled(kind), whole, stream)
        for name, description, kind, whole, stream in (
            ("type-missing", "without a content type", None, SUCCESS, SUCCESS),
            ("type-text", "as plain text", "text/plain", _TOLERATED, _TOLERATED_STREAM),
            (
                "type-binary",
                "as binary data",
                "application/octet-stream",
                _TOLERATED,
                _TOLERATED_STREAM,
            ),
            ("type-of-a-page", "as a web page", "text/html", _TOLERATED, _TOLERATED_STREAM),
            (
                "type-malformed",
                "with a malformed content type",
                ";;=",
                _TOLERATED,
                _TOLERATED_STREAM,
            ),
        )
    ),
    WireFault(
        "type-upper-case",
        "writes the content type in upper case",
        lambda correct: relabelled(correct.response.headers["content-type"].upper())(correct),
        SUCCESS,
    ),
)

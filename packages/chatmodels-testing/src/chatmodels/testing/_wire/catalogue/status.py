"""Refusals: every status of note with odd bodies, and every form of `Retry-After`."""

import gzip

from chatmodels.core import ErrorCode
from chatmodels.testing._fault import Expected
from chatmodels.testing._wire.fault import Script, WireFault, fails
from chatmodels.testing._wire.scripts import refusal, status, steps

_DENIED, _KEY = ErrorCode.PERMISSION_DENIED, ErrorCode.AUTHENTICATION
_RATE, _REQUEST = ErrorCode.RATE_LIMITED, ErrorCode.INVALID_REQUEST
_MODEL, _DOWN = ErrorCode.MODEL_NOT_FOUND, ErrorCode.PROVIDER_UNAVAILABLE
_TIMEOUT = ErrorCode.TIMEOUT

_PAGE = b"<html><head><title>Not here</title></head><body><h1>Not here</h1></body></html>"
_HTML = "text/html"
_FAR = b"Wed, 21 Oct 2065 07:28:00 GMT"
_PAST = b"Wed, 21 Oct 2015 07:28:00 GMT"


def _odd(
    number: int,
    word: str,
    description: str,
    code: ErrorCode,
    body: bytes = b"",
    kind: str | None = "application/json",
    *lines: bytes,
) -> WireFault:
    return WireFault(
        f"{number}-{word}",
        f"refuses with {number} and {description}",
        status(number, body, kind, *lines),
        fails(code, status=number),
    )


def _waits(word: str, description: str, line: bytes, seconds: float | None) -> WireFault:
    return WireFault(
        f"429-{word}",
        f"refuses with 429 and {description}",
        refusal(_RATE, 429, line),
        fails(_RATE, status=429, retry_after=seconds),
    )


def _breaks(word: str, description: str, script: Script, expected: Expected) -> WireFault:
    return WireFault(f"503-{word}", f"refuses with 503 and {description}", script, expected)


_REFUSED = fails(_DOWN, status=503)
_BEGUN = b"HTTP/1.1 503 Simulated\r\ncontent-length: 100\r\n\r\n" + b'{"error": '

FAULTS = (
    _odd(400, "empty", "an empty body", _REQUEST),
    _odd(400, "page", "a web page", _REQUEST, _PAGE, _HTML),
    _odd(400, "half-json", "half of some JSON", _REQUEST, b'{"error": {"mess'),
    _odd(400, "number", "a number", _REQUEST, b"7"),
    _odd(401, "empty", "an empty body", _KEY),
    _odd(401, "binary", "bytes that are no text", _KEY, bytes(range(128, 256)), None),
    _odd(401, "challenge", "a challenge", _KEY, b"", None, b"www-authenticate: Negotiate"),
    _odd(
        401,
        "unknown-coding",
        "an unknown content coding",
        _KEY,
        b"no",
        None,
        b"content-encoding: x-simulated",
    ),
    _odd(402, "empty", "an empty body", ErrorCode.QUOTA_EXCEEDED),
    _odd(403, "page", "a web page", _DENIED, _PAGE, _HTML),
    _odd(403, "array", "an array", _DENIED, b'["no"]'),
    _odd(404, "text", "plain text", _REQUEST, b"404 page not there", "text/plain"),
    _odd(404, "page", "a web page", _REQUEST, _PAGE, _HTML),
    _odd(405, "empty", "an empty body", _REQUEST),
    _odd(407, "empty", "an empty body, as a proxy", ErrorCode.CONFIGURATION_INVALID),
    _odd(408, "empty", "an empty body", _TIMEOUT),
    _odd(409, "null", "null", _DOWN, b"null"),
    _odd(413, "page", "a web page", _REQUEST, _PAGE, _HTML),
    _odd(415, "empty", "an empty body", _REQUEST),
    _odd(418, "text", "plain text", _REQUEST, b"a teapot", "text/plain"),
    _odd(
        422, "list", "a list of details", _REQUEST, b'{"detail": [{"loc": ["body"], "msg": "no"}]}'
    ),
    _odd(425, "empty", "an empty body", _DOWN),
    _odd(431, "empty", "an empty body", _REQUEST),
    _odd(451, "page", "a web page", _REQUEST, _PAGE, _HTML),
    _odd(429, "empty", "an empty body", _RATE),
    _odd(429, "page", "a web page", _RATE, _PAGE, _HTML),
    _odd(
        429,
        "gzip",
        "a compressed body",
        _RATE,
        gzip.compress(b'{"message": "no"}', mtime=0),
        "application/json",
        b"content-encoding: gzip",
    ),
    _odd(
        429,
        "unknown-coding",
        "an unknown content coding",
        _RATE,
        b"no",
        None,
        b"content-encoding: x-simulated",
    ),
    _odd(429, "long", "a body of 300 KB", _RATE, b"x" * 300_000, "text/plain"),
    _waits("seconds", "Retry-After in seconds", b"retry-after: 7", 7.0),
    _waits("fraction", "Retry-After with a fraction", b"retry-after: 0.5", 0.5),
    _waits("zero", "a Retry-After of 0", b"retry-after: 0", 0.0),
    _waits("past-date", "a Retry-After in the past", b"retry-after: " + _PAST, 0.0),
    _waits("far-date", "a Retry-After in decades", b"retry-after: " + _FAR, -1),
    _waits("negative", "a negative Retry-After", b"retry-after: -5", 0.0),
    _waits("absurd", "a Retry-After of 30,000 years", b"retry-after: 1000000000000", -1),
    _waits("words", "a Retry-After of words", b"retry-after: soon", None),
    _waits("empty-advice", "an empty Retry-After", b"retry-after:", None),
    _waits("nan", "a Retry-After of nan", b"retry-after: nan", None),
    _waits("infinite", "a Retry-After of inf", b"retry-after: inf", None),
    _waits("milliseconds", "retry-after-ms", b"retry-after-ms: 250", 0.25),
    _waits("two-advices", "two different Retry-After", b"retry-after: 7\r\nretry-after: 9", -1),
    _odd(500, "empty", "an empty body", _DOWN),
    _odd(500, "null", "null", _DOWN, b"null"),
    _odd(500, "error-of-null", "an error that is null", _DOWN, b'{"error": null}'),
    _odd(
        500,
        "error-of-numbers",
        "fields of wrong types",
        _DOWN,
        b'{"error": {"message": 1, "code": [2], "type": {}}}',
    ),
    _odd(500, "invalid-utf8", "text that is not UTF-8", _DOWN, b'{"message": "\xff\xfe"}'),
    _odd(500, "lone-surrogate", "half of a surrogate pair", _DOWN, b'{"message": "\\ud800"}'),
    _odd(500, "controls", "control bytes", _DOWN, b"\x00\x01\x1b[31m\x07", "text/plain"),
    _odd(501, "text", "plain text", _DOWN, b"no", "text/plain"),
    _odd(502, "page", "a web page", _DOWN, _PAGE, _HTML),
    _odd(503, "page", "a web page", _DOWN, _PAGE, _HTML),
    _odd(507, "empty", "an empty body", _DOWN),
    _odd(520, "page", "a web page", _DOWN, _PAGE, _HTML),
    _odd(524, "empty", "an empty body", _DOWN),
    _odd(529, "empty", "an empty body", _DOWN),
    WireFault(
        "499-empty",
        "refuses with 499, which some providers send for a request that was cancelled",
        status(499),
        fails(_REQUEST, _DOWN, status=499),
    ),
    WireFault(
        "504-page",
        "refuses with 504 and a web page",
        status(504, _PAGE, _HTML),
        fails(_DOWN, _TIMEOUT, status=504),
    ),
    WireFault(
        "503-advice",
        "refuses with 503 and Retry-After",
        refusal(_DOWN, 503, b"retry-after: 3"),
        fails(_DOWN, status=503, retry_after=3.0),
    ),
    _breaks("cut-off", "a body that is cut off", steps(_BEGUN, "close"), _REFUSED),
    _breaks("reset", "a body that is reset", steps(_BEGUN, "reset"), _REFUSED),
    _breaks(
        "bad-chunk",
        "a malformed chunk",
        steps(b"HTTP/1.1 503 Simulated\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nno", "close"),
        _REFUSED,
    ),
    _breaks(
        "until-close",
        "a body until the end of the connection",
        steps(b"HTTP/1.1 503 Simulated\r\n\r\nno", "close"),
        _REFUSED,
    ),
    WireFault(
        "503-stall",
        "refuses with 503 and a body that never ends",
        steps(_BEGUN, "stall"),
        fails(_DOWN, _TIMEOUT),
        silent=True,
    ),
)

"""Error responses: each relevant status with unusual bodies, and each form of `Retry-After`."""

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


def _unusual(
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


def _retry_after(word: str, description: str, line: bytes, seconds: float | None) -> WireFault:
    return WireFault(
        f"429-{word}",
        f"refuses with 429 and {description}",
        refusal(_RATE, 429, line),
        fails(_RATE, status=429, retry_after=seconds),
    )


def _broken(word: str, description: str, script: Script, expected: Expected) -> WireFault:
    return WireFault(f"503-{word}", f"refuses with 503 and {description}", script, expected)


_REFUSED = fails(_DOWN, status=503)
_BEGUN = b"HTTP/1.1 503 Simulated\r\ncontent-length: 100\r\n\r\n" + b'{"error": '

FAULTS = (
    _unusual(400, "empty", "an empty body", _REQUEST),
    _unusual(400, "page", "a web page", _REQUEST, _PAGE, _HTML),
    _unusual(400, "half-json", "half of some JSON", _REQUEST, b'{"error": {"mess'),
    _unusual(400, "number", "a number", _REQUEST, b"7"),
    _unusual(401, "empty", "an empty body", _KEY),
    _unusual(401, "binary", "bytes that are not text", _KEY, bytes(range(128, 256)), None),
    _unusual(401, "challenge", "a challenge", _KEY, b"", None, b"www-authenticate: Negotiate"),
    _unusual(
        401,
        "unknown-coding",
        "an unknown content coding",
        _KEY,
        b"no",
        None,
        b"content-encoding: x-simulated",
    ),
    _unusual(402, "empty", "an empty body", ErrorCode.QUOTA_EXCEEDED),
    _unusual(403, "page", "a web page", _DENIED, _PAGE, _HTML),
    _unusual(403, "array", "an array", _DENIED, b'["no"]'),
    _unusual(404, "text", "plain text", _REQUEST, b"404 page not there", "text/plain"),
    _unusual(404, "page", "a web page", _REQUEST, _PAGE, _HTML),
    _unusual(405, "empty", "an empty body", _REQUEST),
    _unusual(407, "empty", "an empty body, as a proxy", ErrorCode.CONFIGURATION_INVALID),
    _unusual(408, "empty", "an empty body", _TIMEOUT),
    _unusual(409, "null", "null", _DOWN, b"null"),
    _unusual(413, "page", "a web page", _REQUEST, _PAGE, _HTML),
    _unusual(415, "empty", "an empty body", _REQUEST),
    _unusual(418, "text", "plain text", _REQUEST, b"a teapot", "text/plain"),
    _unusual(
        422, "list", "a list of details", _REQUEST, b'{"detail": [{"loc": ["body"], "msg": "no"}]}'
    ),
    _unusual(425, "empty", "an empty body", _DOWN),
    _unusual(431, "empty", "an empty body", _REQUEST),
    _unusual(451, "page", "a web page", _REQUEST, _PAGE, _HTML),
    _unusual(429, "empty", "an empty body", _RATE),
    _unusual(429, "page", "a web page", _RATE, _PAGE, _HTML),
    _unusual(
        429,
        "gzip",
        "a compressed body",
        _RATE,
        gzip.compress(b'{"message": "no"}', mtime=0),
        "application/json",
        b"content-encoding: gzip",
    ),
    _unusual(
        429,
        "unknown-coding",
        "an unknown content coding",
        _RATE,
        b"no",
        None,
        b"content-encoding: x-simulated",
    ),
    _unusual(429, "long", "a body of 300 KB", _RATE, b"x" * 300_000, "text/plain"),
    _retry_after("seconds", "Retry-After in seconds", b"retry-after: 7", 7.0),
    _retry_after("fraction", "Retry-After with a fraction", b"retry-after: 0.5", 0.5),
    _retry_after("zero", "a Retry-After of 0", b"retry-after: 0", 0.0),
    _retry_after("past-date", "a Retry-After in the past", b"retry-after: " + _PAST, 0.0),
    _retry_after("far-date", "a Retry-After in decades", b"retry-after: " + _FAR, -1),
    _retry_after("negative", "a negative Retry-After", b"retry-after: -5", 0.0),
    _retry_after("absurd", "a Retry-After of 30,000 years", b"retry-after: 1000000000000", -1),
    _retry_after("words", "a Retry-After that is a word", b"retry-after: soon", None),
    _retry_after("empty-advice", "an empty Retry-After", b"retry-after:", None),
    _retry_after("nan", "a Retry-After of nan", b"retry-after: nan", None),
    _retry_after("infinite", "a Retry-After of inf", b"retry-after: inf", None),
    _retry_after("milliseconds", "retry-after-ms", b"retry-after-ms: 250", 0.25),
    _retry_after(
        "two-advices", "two different Retry-After", b"retry-after: 7\r\nretry-after: 9", -1
    ),
    _unusual(500, "empty", "an empty body", _DOWN),
    _unusual(500, "null", "null", _DOWN, b"null"),
    _unusual(500, "error-of-null", "an error that is null", _DOWN, b'{"error": null}'),
    _unusual(
        500,
        "error-of-numbers",
        "fields of wrong types",
        _DOWN,
        b'{"error": {"message": 1, "code": [2], "type": {}}}',
    ),
    _unusual(500, "invalid-utf8", "text that is not UTF-8", _DOWN, b'{"message": "\xff\xfe"}'),
    _unusual(500, "lone-surrogate", "half of a surrogate pair", _DOWN, b'{"message": "\\ud800"}'),
    _unusual(500, "controls", "control bytes", _DOWN, b"\x00\x01\x1b[31m\x07", "text/plain"),
    _unusual(501, "text", "plain text", _DOWN, b"no", "text/plain"),
    _unusual(502, "page", "a web page", _DOWN, _PAGE, _HTML),
    _unusual(503, "page", "a web page", _DOWN, _PAGE, _HTML),
    _unusual(507, "empty", "an empty body", _DOWN),
    _unusual(520, "page", "a web page", _DOWN, _PAGE, _HTML),
    _unusual(524, "empty", "an empty body", _DOWN),
    _unusual(529, "empty", "an empty body", _DOWN),
    WireFault(
        "499-empty",
        "refuses with 499, which some providers send for a cancelled request",
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
    _broken("cut-off", "a body that is cut off", steps(_BEGUN, "close"), _REFUSED),
    _broken("reset", "a body that is reset", steps(_BEGUN, "reset"), _REFUSED),
    _broken(
        "bad-chunk",
        "a malformed chunk",
        steps(b"HTTP/1.1 503 Simulated\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nno", "close"),
        _REFUSED,
    ),
    _broken(
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

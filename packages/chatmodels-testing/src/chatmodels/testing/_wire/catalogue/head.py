"""Head faults: status lines, headers, informational responses, redirects and framing."""

from collections.abc import Callable, Sequence

from chatmodels.core import ErrorCode
from chatmodels.testing._wire.fault import SUCCESS, RepeatedBytes, WireFault, fails, may_fail
from chatmodels.testing._wire.scripts import data, framing, head, start_line, steps

_NETWORK, _INVALID = ErrorCode.NETWORK, ErrorCode.RESPONSE_INVALID
_INTERRUPTED = ErrorCode.STREAM_INTERRUPTED

_NO_HTTP = fails(_NETWORK, _INVALID)
_TOLERATED = may_fail(_NETWORK, _INVALID)
_REDIRECTED = fails(_INVALID)
_EMPTY = fails(_INVALID, _INTERRUPTED)

_ELSEWHERE = b"location: http://127.0.0.1:9/elsewhere\r\n"
_NOTHING = b"content-length: 0\r\n\r\n"


def _length(text: bytes, *more: bytes) -> tuple[bytes, ...]:
    return (b"content-length: " + text, *more)


def _sends(name: str, description: str, sent: bytes) -> WireFault:
    return WireFault(name, description, steps(sent, "close"), _NO_HTTP)


def _redirect(status: int, location: bytes = _ELSEWHERE) -> WireFault:
    line = b"HTTP/1.1 %d Elsewhere\r\n" % status
    return WireFault(
        f"redirect-{status}",
        f"redirects to another address with {status}",
        steps(line + location + _NOTHING),
        _REDIRECTED,
    )


def _unusual_framing(
    name: str, description: str, lines: Callable[[int], Sequence[bytes]]
) -> WireFault:
    return WireFault(name, f"sends {description}", framing(lines, bytes, "close"), _TOLERATED)


def _wrong_framing(
    name: str, description: str, lines: Callable[[int], Sequence[bytes]]
) -> WireFault:
    script = framing(lines, bytes, "close")
    odd_stream = may_fail(_NETWORK, _INVALID, _INTERRUPTED)
    return WireFault(name, f"sends {description}", script, fails(_NETWORK, _INVALID), odd_stream)


def _before(name: str, description: str, first: bytes) -> WireFault:
    script = data(lambda response: first + response)
    return WireFault(name, f"sends {description} before the response", script, SUCCESS)


def _informational(*lines: bytes) -> bytes:
    return b"".join(b"HTTP/1.1 %b\r\n\r\n" % line for line in lines)


FAULTS = (
    _sends("garbage", "sends bytes that are not HTTP", b"\x00\x01\x02\xfe\xff no http\r\n\r\n"),
    _sends("smtp-greeting", "greets as a mail server", b"220 mail.example ESMTP\r\n\r\n"),
    _sends("ssh-greeting", "greets as an SSH server", b"SSH-2.0-example\r\n"),
    _sends("tls-alert", "sends a TLS alert in plain text", b"\x15\x03\x01\x00\x02\x02\x28"),
    _sends("http2-settings", "sends an HTTP/2 settings frame", b"\0\0\0\4\0\0\0\0\0"),
    _sends("http09", "sends a body without a head, as HTTP/0.9", b'{"version": "0.9"}\r\n'),
    _sends("empty-lines-only", "sends empty lines and closes", b"\r\n\r\n\r\n"),
    WireFault(
        "http10",
        "responds with HTTP/1.0 and the end of the connection",
        lambda correct: (
            b"\r\n".join((b"HTTP/1.0 200 OK", *correct.message().headers, b"", b""))
            + correct.content,
            "close",
        ),
        SUCCESS,
    ),
    WireFault(
        "http20", "uses the version 2.0", start_line(b"HTTP/2.0 200 OK", "close"), _TOLERATED
    ),
    WireFault(
        "lower-case-http",
        "writes http in lower case",
        start_line(b"http/1.1 200 OK", "close"),
        _TOLERATED,
    ),
    WireFault(
        "other-protocol-name",
        "uses another protocol name in the status line",
        start_line(b"ICY/1.1 200 OK", "close"),
        _NO_HTTP,
    ),
    WireFault(
        "no-reason", "sends no reason after the status", start_line(b"HTTP/1.1 200"), _TOLERATED
    ),
    WireFault("empty-reason", "sends an empty reason", start_line(b"HTTP/1.1 200 "), SUCCESS),
    WireFault(
        "reason-not-ascii",
        "sends a reason in UTF-8",
        start_line("HTTP/1.1 200 Ö".encode()),
        _TOLERATED,
    ),
    *(
        WireFault(
            f"status-{name}",
            f"sends the status {text.decode()!r}",
            start_line(b"HTTP/1.1 " + text, "close"),
            fails(_NETWORK, _INVALID, ErrorCode.PROVIDER_UNAVAILABLE),
        )
        for name, text in (
            ("of-letters", b"abc OK"),
            ("of-two-digits", b"20 OK"),
            ("of-four-digits", b"2000 OK"),
            ("000", b"000 Zero"),
            ("099", b"099 Less"),
            ("600", b"600 More"),
            ("999", b"999 Most"),
            ("negative", b"-200 OK"),
        )
    ),
    WireFault(
        "blank-lines-first", "begins with empty lines", data(lambda d: b"\r\n\r\n" + d), _TOLERATED
    ),
    WireFault(
        "blanks-first",
        "begins with blanks",
        data(lambda d: b"  " + d, "close"),
        _TOLERATED,
    ),
    WireFault(
        "line-feeds-only",
        "ends the lines of the head with line feeds only",
        lambda correct: (correct.message().head(b"\n") + correct.message().body,),
        _TOLERATED,
    ),
    WireFault(
        "returns-only",
        "ends the lines of the head with carriage returns only",
        lambda correct: (correct.message().head(b"\r") + correct.message().body, "close"),
        _NO_HTTP,
    ),
    *(
        WireFault(name, f"sends {description}", head(line, close=close), _TOLERATED)
        for name, description, line, close in (
            ("long-header", "a header of 8 KB", b"x-long: " + b"x" * 8_000, False),
            ("many-headers", "80 more headers", b"\r\n".join([b"x-many: 1"] * 80), False),
            ("header-without-colon", "a header line without a colon", b"nonsense", True),
            ("header-without-name", "a header line without a name", b": value", True),
            ("header-name-with-blank", "a blank within a header's name", b"x a: 1", True),
            ("blank-before-colon", "a blank before a header's colon", b"x-a : 1", True),
            ("nul-in-header", "NUL in a header's value", b"x-a: a\0b", True),
            ("control-in-header", "a control byte in a header's value", b"x-a: a\1b", True),
            ("return-in-header", "a carriage return in a value", b"x-a: a\rb", True),
            ("latin-1-in-header", "Latin-1 in a header's value", b"x-a: \xe4", False),
            ("utf-8-in-header", "UTF-8 in a header's value", "x-a: ä€".encode(), False),
            ("folded-header", "a value folded over two lines", b"x-a: a\r\n b", False),
            ("fold-first", "a folded line before any header", b" folded: 1", True),
        )
    ),
    WireFault("empty-header", "sends a header with an empty value", head(b"x-empty:"), SUCCESS),
    WireFault(
        "huge-header",
        "sends a header of 256 KB",
        head(b"x-huge: " + b"x" * 2**18, close=True),
        _TOLERATED,
    ),
    WireFault(
        "many-cookies",
        "sends cookies",
        head(b"set-cookie: a=1; path=/", b"set-cookie: b=2; path=/"),
        SUCCESS,
    ),
    _unusual_framing("equal-lengths", "the right length twice", lambda n: _length(b"%d" % n) * 2),
    _unusual_framing(
        "length-list",
        "the right length twice in a line",
        lambda n: _length(b"%d, %d" % (n, n)),
    ),
    _unusual_framing(
        "zeros-before-length", "a length with leading zeros", lambda n: _length(b"000%d" % n)
    ),
    _unusual_framing(
        "length-with-plus", "a length with a plus sign", lambda n: _length(b"+%d" % n)
    ),
    _unusual_framing(
        "length-and-chunks",
        "a length and a chunked transfer coding for a body without chunks",
        lambda n: _length(b"%d" % n, b"transfer-encoding: chunked"),
    ),
    _wrong_framing(
        "unequal-lengths",
        "two lengths",
        lambda n: _length(b"%d" % n, b"content-length: %d" % (n + 1)),
    ),
    _wrong_framing("negative-length", "a negative length", lambda n: _length(b"-5")),
    _wrong_framing(
        "length-of-letters", "a length that is not a number", lambda n: _length(b"many")
    ),
    _wrong_framing("empty-length", "an empty length", lambda n: _length(b"")),
    _wrong_framing("length-of-30-digits", "a length of 30 digits", lambda n: _length(b"9" * 30)),
    _wrong_framing("length-of-a-terabyte", "a length of a terabyte", lambda n: _length(b"9" * 12)),
    _wrong_framing(
        "unknown-transfer-coding",
        "an unknown transfer coding",
        lambda n: (b"transfer-encoding: simulated",),
    ),
    _wrong_framing(
        "two-transfer-codings",
        "two transfer codings",
        lambda n: (b"transfer-encoding: simulated, chunked",),
    ),
    _before("continue", "100 Continue", _informational(b"100 Continue")),
    _before("processing", "102 Processing", _informational(b"102 Processing")),
    _before(
        "early-hints",
        "103 Early Hints with headers",
        _informational(b"103 Early Hints\r\nlink: </a>; rel=preload"),
    ),
    _before(
        "twenty-continues",
        "20 informational responses",
        _informational(b"100 Continue") * 20,
    ),
    WireFault(
        "endless-continues",
        "sends informational responses without end",
        steps(RepeatedBytes(_informational(b"100 Continue"))),
        fails(ErrorCode.TIMEOUT, _NETWORK),
        silent=True,
    ),
    WireFault(
        "continue-then-close",
        "sends 100 Continue and closes",
        steps(_informational(b"100 Continue"), "close"),
        fails(_NETWORK),
    ),
    WireFault(
        "switching-protocols",
        "sends 101 and continues with another protocol",
        steps(
            b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: simulated\r\n\r\n",
            b"simulated",
            "close",
        ),
        fails(_INVALID, _NETWORK),
    ),
    WireFault("no-content", "sends 204", steps(b"HTTP/1.1 204 No Content\r\n\r\n"), _EMPTY),
    WireFault(
        "no-content-with-body",
        "sends 204 with a body",
        steps(b"HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n{}"),
        _EMPTY,
    ),
    WireFault(
        "reset-content", "sends 205", steps(b"HTTP/1.1 205 Reset Content\r\n" + _NOTHING), _EMPTY
    ),
    *(
        WireFault(
            f"success-{status}",
            f"sends the correct body with {status}",
            start_line(b"HTTP/1.1 %d OK" % status),
            may_fail(_INVALID),
        )
        for status in (201, 202, 203, 206, 299)
    ),
    WireFault(
        "not-modified", "sends 304", steps(b"HTTP/1.1 304 Not Modified\r\n\r\n"), _REDIRECTED
    ),
    *(_redirect(status) for status in (300, 301, 302, 303, 307, 308)),
    WireFault(
        "redirect-to-nowhere",
        "redirects without a location",
        steps(b"HTTP/1.1 307 Elsewhere\r\n" + _NOTHING),
        _REDIRECTED,
    ),
    WireFault(
        "redirect-to-itself",
        "redirects to the same address",
        lambda correct: (b"HTTP/1.1 307 Here\r\nlocation: ?\r\n" + _NOTHING,),
        _REDIRECTED,
    ),
    WireFault(
        "redirect-to-no-address",
        "redirects to a location that is not a URL",
        steps(b"HTTP/1.1 302 Elsewhere\r\nlocation: http://[::1\r\n" + _NOTHING),
        fails(_INVALID, _NETWORK),
    ),
)

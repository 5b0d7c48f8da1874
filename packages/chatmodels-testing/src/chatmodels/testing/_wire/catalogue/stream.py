"""Faults of streams: ends, events and framings, of server-sent events, NDJSON and event streams."""

from collections.abc import Sequence

from chatmodels.core import ErrorCode
from chatmodels.testing._fault import Expected
from chatmodels.testing._protocols.event_stream import event
from chatmodels.testing._wire.fault import RIGHT, Script, WireFault, fails, may_fail
from chatmodels.testing._wire.reply import Format, Right
from chatmodels.testing._wire.scripts import altered, content, instead, pieces

_NETWORK, _INVALID = ErrorCode.NETWORK, ErrorCode.RESPONSE_INVALID
_INTERRUPTED, _DOWN = ErrorCode.STREAM_INTERRUPTED, ErrorCode.PROVIDER_UNAVAILABLE

_BROKEN = fails(_INTERRUPTED, _NETWORK, status=200)
_ENDED = fails(_INTERRUPTED, _INVALID, status=200)
_NONSENSE = fails(_INVALID, status=200)
_AT_THE_END = may_fail(_INTERRUPTED, _INVALID, _NETWORK)
_REPORTED = fails(_DOWN, status=200)
_LATE = fails(ErrorCode.TIMEOUT)

_SSE: tuple[Format, ...] = ("sse",)
_LINES: tuple[Format, ...] = ("sse", "ndjson")
_BINARY: tuple[Format, ...] = ("event-stream",)


def _middle(right: Right) -> int:
    return max(1, (len(right.answer.body) - right.answer.terminal) // 2 + 1)


def _before(right: Right) -> Sequence[bytes]:
    return right.answer.body[: _middle(right)]


def _after(right: Right) -> Sequence[bytes]:
    return right.answer.body[_middle(right) :]


def _event(right: Right, payload: bytes, name: bytes = b"") -> bytes:
    """Frame a payload as an event in the format of the stream."""
    match right.format:
        case "event-stream":
            return event(name.decode() or "contentBlockDelta", payload)
        case "ndjson":
            return payload + b"\n"
        case _:
            return (b"event: %b\n" % name if name else b"") + b"data: %b\n\n" % payload


def _inserted(*payloads: bytes, name: bytes = b"") -> Script:
    """Put events into the middle of the right stream."""
    return pieces(
        lambda right: (
            *_before(right),
            *(_event(right, payload, name) for payload in payloads),
            *_after(right),
        )
    )


def _bytes_inserted(*inserted: bytes) -> Script:
    return pieces(lambda right: (*_before(right), *inserted, *_after(right)))


def _failed(right: Right) -> bytes:
    return right.protocol.error_event(_DOWN, "simulated failure")


def _flipped(frame: bytes, place: int) -> bytes:
    """Change one byte of a binary frame, which then does not fit its checksum."""
    changed = bytearray(frame)
    changed[place] ^= 0xFF
    return bytes(changed)


def _flipped_in_the_middle(place: int) -> Script:
    return pieces(
        lambda right: (*_before(right), _flipped(_after(right)[0], place), *_after(right)[1:])
    )


def _fault(
    name: str,
    description: str,
    script: Script,
    expected: Expected,
    formats: tuple[Format, ...] = (),
    *,
    silent: bool = False,
) -> WireFault:
    return WireFault(
        name, description, script, expected, modes=("stream",), formats=formats, silent=silent
    )


FAULTS = (
    _fault("no-events", "ends the stream before an event", pieces(lambda r: ()), _ENDED),
    _fault(
        "first-event-only",
        "ends the stream after an event",
        pieces(lambda r: r.answer.body[:1]),
        _ENDED,
    ),
    _fault("end-in-the-middle", "ends the stream in the middle", pieces(_before), _ENDED),
    _fault("no-terminal-event", "ends the stream before its end", altered("missing-end"), _ENDED),
    _fault(
        "end-within-event",
        "ends the stream within an event",
        pieces(lambda r: (*_before(r), _after(r)[0][:-9])),
        _ENDED,
    ),
    _fault("close-before-events", "closes before an event", pieces(lambda r: (), "close"), _BROKEN),
    _fault("reset-before-events", "resets before an event", pieces(lambda r: (), "reset"), _BROKEN),
    _fault("close-in-the-middle", "closes in the middle", pieces(_before, "close"), _BROKEN),
    _fault("reset-in-the-middle", "resets in the middle", pieces(_before, "reset"), _BROKEN),
    _fault(
        "half-close-in-the-middle",
        "ends its direction of the connection in the middle",
        pieces(_before, "half-close"),
        _BROKEN,
    ),
    _fault(
        "stall-in-the-middle", "stops in the middle", pieces(_before, "stall"), _LATE, silent=True
    ),
    _fault(
        "stall-before-events",
        "stops before an event",
        pieces(lambda r: (), "stall"),
        _LATE,
        silent=True,
    ),
    _fault(
        "close-before-terminal",
        "closes before the terminal event",
        pieces(lambda r: r.answer.body[: -r.answer.terminal], "close"),
        _AT_THE_END,
    ),
    _fault(
        "close-after-terminal",
        "closes after the terminal event, the last chunk missing",
        pieces(lambda r: r.answer.body, "close"),
        _AT_THE_END,
    ),
    _fault(
        "reset-after-terminal",
        "resets after the terminal event, the last chunk missing",
        pieces(lambda r: r.answer.body, "reset"),
        _AT_THE_END,
    ),
    _fault(
        "stall-after-terminal",
        "sends all events and never ends the body",
        pieces(lambda r: r.answer.body, "stall"),
        may_fail(ErrorCode.TIMEOUT),
        silent=True,
    ),
    _fault(
        "error-first",
        "sends an error as the first event",
        pieces(lambda r: (_failed(r),)),
        _REPORTED,
    ),
    _fault(
        "error-in-the-middle", "sends an error in the middle", altered("error-in-stream"), _REPORTED
    ),
    _fault(
        "error-then-reset",
        "sends an error in the middle and resets",
        pieces(lambda r: (*_before(r), _failed(r)), "reset"),
        fails(_DOWN, _INTERRUPTED, _NETWORK),
    ),
    _fault(
        "events-after-error",
        "goes on after an error",
        pieces(lambda r: (*_before(r), _failed(r), *_after(r))),
        fails(_DOWN, _INVALID),
    ),
    _fault(
        "error-after-end",
        "sends an error after the terminal event",
        pieces(lambda r: (*r.answer.body, _failed(r))),
        may_fail(_DOWN),
    ),
    _fault("no-json-event", "sends an event that is no JSON", _inserted(b"{nonsense"), _NONSENSE),
    _fault(
        "truncated-event",
        "sends half of an event's JSON",
        altered("truncated-json"),
        fails(_INVALID, _INTERRUPTED),
    ),
    _fault(
        "invalid-utf8-event", "sends an event that is not UTF-8", altered("invalid-utf8"), _NONSENSE
    ),
    _fault("array-event", "sends an array as an event", _inserted(b"[]"), may_fail(_INVALID)),
    _fault("string-event", "sends a string as an event", _inserted(b'"hello"'), may_fail(_INVALID)),
    _fault("number-event", "sends a number as an event", _inserted(b"7"), may_fail(_INVALID)),
    _fault("null-event", "sends null as an event", _inserted(b"null"), may_fail(_INVALID)),
    _fault(
        "empty-object-event",
        "sends an empty object as an event",
        _inserted(b"{}"),
        may_fail(_INVALID),
    ),
    _fault(
        "unknown-event",
        "sends an event of an unknown type",
        _inserted(b'{"type": "simulated.unknown"}', name=b"simulated.unknown"),
        may_fail(_INVALID),
    ),
    _fault(
        "unknown-fields-in-events",
        "adds fields to the objects of events",
        altered("unknown-fields"),
        RIGHT,
    ),
    _fault(
        "terminal-twice",
        "sends the terminal event twice",
        pieces(lambda r: (*r.answer.body, r.answer.body[-1])),
        RIGHT,
    ),
    _fault(
        "event-after-end",
        "sends an unknown event after the terminal one",
        pieces(lambda r: (*r.answer.body, _event(r, b'{"type": "simulated.unknown"}'))),
        RIGHT,
    ),
    _fault(
        "garbage-after-end",
        "sends garbage after the terminal event",
        pieces(lambda r: (*r.answer.body, b"\xff\xfe{{{")),
        RIGHT,
    ),
    _fault(
        "byte-by-byte", "sends every byte in a chunk of its own", altered("single-bytes"), RIGHT
    ),
    _fault("one-chunk", "sends all events in one chunk", content(bytes), RIGHT),
    _fault(
        "keep-alives", "sends keep-alives between events", altered("keep-alive-comments"), RIGHT
    ),
    _fault(
        "whole-body",
        "sends the JSON of a whole response instead of a stream",
        instead(b'{"id": "1"}', "application/json"),
        _ENDED,
    ),
    _fault(
        "page-as-stream",
        "sends a web page as a stream",
        instead(b"<html><title>Sign in</title></html>", "text/event-stream"),
        _ENDED,
    ),
    _fault("crlf", "ends lines with carriage return and line feed", altered("crlf"), RIGHT, _LINES),
    _fault(
        "returns",
        "ends lines with carriage returns",
        content(lambda b: b.replace(b"\r\n", b"\n").replace(b"\n", b"\r")),
        RIGHT,
        _SSE,
    ),
    _fault(
        "mixed-line-ends",
        "mixes the ends of lines",
        pieces(
            lambda r: [
                p if n % 2 else p.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
                for n, p in enumerate(r.answer.body)
            ]
        ),
        RIGHT,
        _LINES,
    ),
    _fault(
        "stream-byte-order-mark",
        "begins with a byte order mark",
        content(lambda b: b"\xef\xbb\xbf" + b),
        RIGHT,
        _SSE,
    ),
    _fault(
        "comments-only",
        "sends comments and ends",
        content(lambda b: b": still here\n\n" * 10),
        _ENDED,
        _SSE,
    ),
    _fault(
        "long-comment",
        "sends a comment of 64 KB",
        _bytes_inserted(b": " + b"x" * 65_536 + b"\n\n"),
        RIGHT,
        _SSE,
    ),
    _fault(
        "long-event", "sends an event of 1 MB that is no JSON", _inserted(b"x" * 2**20), _NONSENSE
    ),
    _fault(
        "id-and-retry",
        "sends the fields id and retry",
        _bytes_inserted(b"id: 7\nretry: 10\n\n"),
        RIGHT,
        _SSE,
    ),
    _fault(
        "unknown-sse-field",
        "sends an unknown field",
        _bytes_inserted(b"simulated: 1\n\n"),
        RIGHT,
        _SSE,
    ),
    _fault(
        "field-without-colon",
        "sends a field without a colon",
        _bytes_inserted(b"simulated\n\n"),
        RIGHT,
        _SSE,
    ),
    _fault(
        "event-without-data",
        "sends an event without data",
        _bytes_inserted(b"event: simulated\n\n"),
        RIGHT,
        _SSE,
    ),
    _fault(
        "empty-data", "sends empty data", _bytes_inserted(b"data:\n\n"), may_fail(_INVALID), _SSE
    ),
    _fault(
        "blank-lines",
        "sends blank lines between events",
        _bytes_inserted(b"\n\n\n\n"),
        RIGHT,
        _LINES,
    ),
    _fault(
        "no-blank-line-at-end",
        "ends without the last blank line",
        pieces(lambda r: (*r.answer.body[:-1], r.answer.body[-1].rstrip())),
        RIGHT,
        _LINES,
    ),
    _fault(
        "done-twice",
        "sends [DONE] twice",
        pieces(lambda r: (*r.answer.body, b"data: [DONE]\n\n", b"data: [DONE]\n\n")),
        RIGHT,
        _SSE,
    ),
    _fault(
        "done-first",
        "sends [DONE] first",
        content(lambda b: b"data: [DONE]\n\n" + b),
        may_fail(_INVALID, _INTERRUPTED),
        _SSE,
    ),
    _fault(
        "line-cut",
        "ends within a line",
        content(lambda b: b[: len(b) // 2].rstrip()[:-3]),
        _ENDED,
        ("ndjson",),
    ),
    _fault(
        "two-values-in-a-line",
        "puts two values into a line",
        pieces(lambda r: (*_before(r), b"".join(p.rstrip() for p in _after(r)) + b"\n")),
        may_fail(_INVALID),
        ("ndjson",),
    ),
    _fault(
        "wrong-prelude-checksum",
        "sends a wrong checksum of a message's prelude",
        _flipped_in_the_middle(8),
        _NONSENSE,
        _BINARY,
    ),
    _fault(
        "wrong-message-checksum",
        "sends a wrong checksum of a message",
        _flipped_in_the_middle(-1),
        _NONSENSE,
        _BINARY,
    ),
    _fault(
        "wrong-payload",
        "changes a byte of a message's payload",
        _flipped_in_the_middle(-8),
        _NONSENSE,
        _BINARY,
    ),
    _fault(
        "wrong-message-length",
        "changes the length of a message",
        _flipped_in_the_middle(3),
        _NONSENSE,
        _BINARY,
    ),
    _fault(
        "message-cut",
        "ends within a message",
        content(lambda b: b[:-20]),
        may_fail(_INVALID, _INTERRUPTED),
        _BINARY,
    ),
    _fault(
        "events-as-text",
        "sends server-sent events instead of messages",
        content(lambda b: b'data: {"text": "hello"}\n\n' * 3),
        _ENDED,
        _BINARY,
    ),
)

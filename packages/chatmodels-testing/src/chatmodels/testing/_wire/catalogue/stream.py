"""Stream faults: ends, events and framing of server-sent events, NDJSON and event streams."""

from collections.abc import Sequence

from chatmodels.core import ErrorCode
from chatmodels.testing._fault import Expected
from chatmodels.testing._protocols.event_stream import event
from chatmodels.testing._wire.correct_response import CorrectResponse, Format
from chatmodels.testing._wire.fault import SUCCESS, Script, WireFault, fails, may_fail
from chatmodels.testing._wire.scripts import altered, content, instead, stream_chunks

_NETWORK, _INVALID = ErrorCode.NETWORK, ErrorCode.RESPONSE_INVALID
_INTERRUPTED, _DOWN = ErrorCode.STREAM_INTERRUPTED, ErrorCode.PROVIDER_UNAVAILABLE

_STREAM_BROKEN = fails(_INTERRUPTED, _NETWORK, status=200)
_ENDED = fails(_INTERRUPTED, _INVALID, status=200)
_INVALID_EVENT = fails(_INVALID, status=200)
_AT_THE_END = may_fail(_INTERRUPTED, _INVALID, _NETWORK)
_REPORTED = fails(_DOWN, status=200)
_TIMED_OUT = fails(ErrorCode.TIMEOUT)

_SSE: tuple[Format, ...] = ("sse",)
_LINES: tuple[Format, ...] = ("sse", "ndjson")
_BINARY: tuple[Format, ...] = ("event-stream",)


def _middle(correct: CorrectResponse) -> int:
    return max(1, (len(correct.response.body) - correct.response.terminal) // 2 + 1)


def _before(correct: CorrectResponse) -> Sequence[bytes]:
    return correct.response.body[: _middle(correct)]


def _after(correct: CorrectResponse) -> Sequence[bytes]:
    return correct.response.body[_middle(correct) :]


def _event(correct: CorrectResponse, payload: bytes, name: bytes = b"") -> bytes:
    """Frame a payload as an event in the format of the stream."""
    match correct.format:
        case "event-stream":
            return event(name.decode() or "contentBlockDelta", payload)
        case "ndjson":
            return payload + b"\n"
        case _:
            return (b"event: %b\n" % name if name else b"") + b"data: %b\n\n" % payload


def _inserted(*payloads: bytes, name: bytes = b"") -> Script:
    """Insert events into the middle of the correct stream."""
    return stream_chunks(
        lambda correct: (
            *_before(correct),
            *(_event(correct, payload, name) for payload in payloads),
            *_after(correct),
        )
    )


def _bytes_inserted(*inserted: bytes) -> Script:
    return stream_chunks(lambda correct: (*_before(correct), *inserted, *_after(correct)))


def _failed(correct: CorrectResponse) -> bytes:
    return correct.protocol.error_event(_DOWN, "simulated failure")


def _flipped(frame: bytes, position: int) -> bytes:
    """Change one byte of a binary frame, so that its checksum is wrong."""
    changed = bytearray(frame)
    changed[position] ^= 0xFF
    return bytes(changed)


def _flipped_in_the_middle(position: int) -> Script:
    return stream_chunks(
        lambda correct: (
            *_before(correct),
            _flipped(_after(correct)[0], position),
            *_after(correct)[1:],
        )
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
    _fault("no-events", "ends the stream before an event", stream_chunks(lambda r: ()), _ENDED),
    _fault(
        "first-event-only",
        "ends the stream after an event",
        stream_chunks(lambda r: r.response.body[:1]),
        _ENDED,
    ),
    _fault("end-in-the-middle", "ends the stream in the middle", stream_chunks(_before), _ENDED),
    _fault("no-terminal-event", "ends the stream before its end", altered("missing-end"), _ENDED),
    _fault(
        "end-within-event",
        "ends the stream within an event",
        stream_chunks(lambda r: (*_before(r), _after(r)[0][:-9])),
        _ENDED,
    ),
    _fault(
        "close-before-events",
        "closes before an event",
        stream_chunks(lambda r: (), "close"),
        _STREAM_BROKEN,
    ),
    _fault(
        "reset-before-events",
        "resets before an event",
        stream_chunks(lambda r: (), "reset"),
        _STREAM_BROKEN,
    ),
    _fault(
        "close-in-the-middle",
        "closes in the middle",
        stream_chunks(_before, "close"),
        _STREAM_BROKEN,
    ),
    _fault(
        "reset-in-the-middle",
        "resets in the middle",
        stream_chunks(_before, "reset"),
        _STREAM_BROKEN,
    ),
    _fault(
        "half-close-in-the-middle",
        "ends its direction of the connection in the middle",
        stream_chunks(_before, "half-close"),
        _STREAM_BROKEN,
    ),
    _fault(
        "stall-in-the-middle",
        "stops in the middle",
        stream_chunks(_before, "stall"),
        _TIMED_OUT,
        silent=True,
    ),
    _fault(
        "stall-before-events",
        "stops before an event",
        stream_chunks(lambda r: (), "stall"),
        _TIMED_OUT,
        silent=True,
    ),
    _fault(
        "close-before-terminal",
        "closes before the terminal event",
        stream_chunks(lambda r: r.response.body[: -r.response.terminal], "close"),
        _AT_THE_END,
    ),
    _fault(
        "close-after-terminal",
        "closes after the terminal event, the last chunk missing",
        stream_chunks(lambda r: r.response.body, "close"),
        _AT_THE_END,
    ),
    _fault(
        "reset-after-terminal",
        "resets after the terminal event, the last chunk missing",
        stream_chunks(lambda r: r.response.body, "reset"),
        _AT_THE_END,
    ),
    _fault(
        "stall-after-terminal",
        "sends all events and never ends the body",
        stream_chunks(lambda r: r.response.body, "stall"),
        may_fail(ErrorCode.TIMEOUT),
        silent=True,
    ),
    _fault(
        "error-first",
        "sends an error as the first event",
        stream_chunks(lambda r: (_failed(r),)),
        _REPORTED,
    ),
    _fault(
        "error-in-the-middle", "sends an error in the middle", altered("error-in-stream"), _REPORTED
    ),
    _fault(
        "error-then-reset",
        "sends an error in the middle and resets",
        stream_chunks(lambda r: (*_before(r), _failed(r)), "reset"),
        fails(_DOWN, _INTERRUPTED, _NETWORK),
    ),
    _fault(
        "events-after-error",
        "continues after an error",
        stream_chunks(lambda r: (*_before(r), _failed(r), *_after(r))),
        fails(_DOWN, _INVALID),
    ),
    _fault(
        "error-after-end",
        "sends an error after the terminal event",
        stream_chunks(lambda r: (*r.response.body, _failed(r))),
        may_fail(_DOWN),
    ),
    _fault(
        "no-json-event", "sends an event that is not JSON", _inserted(b"{nonsense"), _INVALID_EVENT
    ),
    _fault(
        "truncated-event",
        "sends half of an event's JSON",
        altered("truncated-json"),
        fails(_INVALID, _INTERRUPTED),
    ),
    _fault(
        "invalid-utf8-event",
        "sends an event that is not UTF-8",
        altered("invalid-utf8"),
        _INVALID_EVENT,
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
        SUCCESS,
    ),
    _fault(
        "terminal-twice",
        "sends the terminal event twice",
        stream_chunks(lambda r: (*r.response.body, r.response.body[-1])),
        SUCCESS,
    ),
    _fault(
        "event-after-end",
        "sends an unknown event after the terminal one",
        stream_chunks(lambda r: (*r.response.body, _event(r, b'{"type": "simulated.unknown"}'))),
        SUCCESS,
    ),
    _fault(
        "garbage-after-end",
        "sends garbage after the terminal event",
        stream_chunks(lambda r: (*r.response.body, b"\xff\xfe{{{")),
        SUCCESS,
    ),
    _fault(
        "byte-by-byte", "sends every byte in a separate chunk", altered("single-bytes"), SUCCESS
    ),
    _fault("one-chunk", "sends all events in one chunk", content(bytes), SUCCESS),
    _fault(
        "keep-alives", "sends keep-alives between events", altered("keep-alive-comments"), SUCCESS
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
    _fault(
        "crlf", "ends lines with carriage return and line feed", altered("crlf"), SUCCESS, _LINES
    ),
    _fault(
        "returns",
        "ends lines with carriage returns",
        content(lambda b: b.replace(b"\r\n", b"\n").replace(b"\n", b"\r")),
        SUCCESS,
        _SSE,
    ),
    _fault(
        "mixed-line-ends",
        "mixes the ends of lines",
        stream_chunks(
            lambda r: [
                p if n % 2 else p.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
                for n, p in enumerate(r.response.body)
            ]
        ),
        SUCCESS,
        _LINES,
    ),
    _fault(
        "stream-byte-order-mark",
        "begins with a byte order mark",
        content(lambda b: b"\xef\xbb\xbf" + b),
        SUCCESS,
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
        SUCCESS,
        _SSE,
    ),
    _fault(
        "long-event",
        "sends an event of 1 MB that is not JSON",
        _inserted(b"x" * 2**20),
        _INVALID_EVENT,
    ),
    _fault(
        "id-and-retry",
        "sends the fields id and retry",
        _bytes_inserted(b"id: 7\nretry: 10\n\n"),
        SUCCESS,
        _SSE,
    ),
    _fault(
        "unknown-sse-field",
        "sends an unknown field",
        _bytes_inserted(b"simulated: 1\n\n"),
        SUCCESS,
        _SSE,
    ),
    _fault(
        "field-without-colon",
        "sends a field without a colon",
        _bytes_inserted(b"simulated\n\n"),
        SUCCESS,
        _SSE,
    ),
    _fault(
        "event-without-data",
        "sends an event without data",
        _bytes_inserted(b"event: simulated\n\n"),
        SUCCESS,
        _SSE,
    ),
    _fault(
        "empty-data", "sends empty data", _bytes_inserted(b"data:\n\n"), may_fail(_INVALID), _SSE
    ),
    _fault(
        "blank-lines",
        "sends blank lines between events",
        _bytes_inserted(b"\n\n\n\n"),
        SUCCESS,
        _LINES,
    ),
    _fault(
        "no-blank-line-at-end",
        "ends without the last blank line",
        stream_chunks(lambda r: (*r.response.body[:-1], r.response.body[-1].rstrip())),
        SUCCESS,
        _LINES,
    ),
    _fault(
        "done-twice",
        "sends [DONE] twice",
        stream_chunks(lambda r: (*r.response.body, b"data: [DONE]\n\n", b"data: [DONE]\n\n")),
        SUCCESS,
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
        stream_chunks(lambda r: (*_before(r), b"".join(p.rstrip() for p in _after(r)) + b"\n")),
        may_fail(_INVALID),
        ("ndjson",),
    ),
    _fault(
        "wrong-prelude-checksum",
        "sends a wrong checksum of a message's prelude",
        _flipped_in_the_middle(8),
        _INVALID_EVENT,
        _BINARY,
    ),
    _fault(
        "wrong-message-checksum",
        "sends a wrong checksum of a message",
        _flipped_in_the_middle(-1),
        _INVALID_EVENT,
        _BINARY,
    ),
    _fault(
        "wrong-payload",
        "changes a byte of a message's payload",
        _flipped_in_the_middle(-8),
        _INVALID_EVENT,
        _BINARY,
    ),
    _fault(
        "wrong-message-length",
        "changes the length of a message",
        _flipped_in_the_middle(3),
        _INVALID_EVENT,
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

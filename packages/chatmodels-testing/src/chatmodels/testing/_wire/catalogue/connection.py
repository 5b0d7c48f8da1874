"""Connection faults: refused, reset, closed, stalled or slow at every point of an exchange."""

from chatmodels.core import ErrorCode
from chatmodels.testing._wire.correct_response import Message
from chatmodels.testing._wire.fault import SUCCESS, RepeatedBytes, WireFault, fails, may_fail
from chatmodels.testing._wire.scripts import cut, data, framing, steps

_NETWORK = ErrorCode.NETWORK
_CUT_STREAM = (ErrorCode.STREAM_INTERRUPTED, ErrorCode.NETWORK)

_NO_RESPONSE = fails(_NETWORK, status=None)
_CONNECTION_LOST = fails(_NETWORK)
_STREAM_BROKEN = fails(*_CUT_STREAM)
_AT_THE_END = may_fail(*_CUT_STREAM)
_TIMED_OUT_ERROR = fails(ErrorCode.TIMEOUT)

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
_CHUNKED = b"transfer-encoding: chunked\r\n\r\n"
_TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


def _in_status_line(message: Message) -> int:
    return 10


def _in_headers(message: Message) -> int:
    return len(message.start) + 12


def _after_head(message: Message) -> int:
    return len(message.head())


def _in_body(message: Message) -> int:
    return len(message.head()) + len(message.body) * 7 // 10


def _before_the_last_byte(message: Message) -> int:
    return len(message.data()) - 1


FAULTS = (
    WireFault(
        "connection-refused",
        "no server listens at the address",
        steps(),
        _NO_RESPONSE,
        refused=True,
    ),
    WireFault(
        "reset-at-accept",
        "resets the connection as soon as it is accepted",
        steps("reset"),
        _NO_RESPONSE,
        at_accept=True,
    ),
    WireFault(
        "close-at-accept",
        "closes the connection as soon as it is accepted",
        steps("close"),
        _NO_RESPONSE,
        at_accept=True,
    ),
    WireFault(
        "half-close-at-accept",
        "ends its direction of the connection at once and keeps reading",
        steps("half-close"),
        _NO_RESPONSE,
        at_accept=True,
    ),
    WireFault(
        "stall-at-accept",
        "accepts the connection and never sends a byte",
        steps("stall"),
        _TIMED_OUT_ERROR,
        at_accept=True,
        silent=True,
    ),
    WireFault(
        "timeout-at-accept",
        "sends 408 before a request and closes, as for an idle connection",
        steps(_TIMED_OUT, "close"),
        fails(ErrorCode.TIMEOUT, _NETWORK),
        at_accept=True,
    ),
    WireFault(
        "refusal-at-accept",
        "sends 413 without reading the request and closes",
        steps(_TOO_LARGE, "close"),
        fails(ErrorCode.INVALID_REQUEST, _NETWORK),
        at_accept=True,
    ),
    WireFault("reset-after-request", "resets instead of a response", steps("reset"), _NO_RESPONSE),
    WireFault("close-after-request", "closes instead of a response", steps("close"), _NO_RESPONSE),
    WireFault(
        "half-close-after-request",
        "ends its direction of the connection instead of a response",
        steps("half-close"),
        _NO_RESPONSE,
    ),
    WireFault(
        "stall-after-request",
        "reads the request and never responds",
        steps("stall"),
        _TIMED_OUT_ERROR,
        silent=True,
    ),
    WireFault(
        "reset-in-status-line",
        "resets within the status line",
        cut(_in_status_line, "reset"),
        _CONNECTION_LOST,
    ),
    WireFault(
        "close-in-status-line",
        "closes within the status line",
        cut(_in_status_line, "close"),
        _CONNECTION_LOST,
    ),
    WireFault(
        "stall-in-status-line",
        "stops within the status line",
        cut(_in_status_line, "stall"),
        _TIMED_OUT_ERROR,
        silent=True,
    ),
    WireFault(
        "reset-in-headers", "resets within the headers", cut(_in_headers, "reset"), _CONNECTION_LOST
    ),
    WireFault(
        "close-in-headers", "closes within the headers", cut(_in_headers, "close"), _CONNECTION_LOST
    ),
    WireFault(
        "stall-in-headers",
        "stops within the headers",
        cut(_in_headers, "stall"),
        _TIMED_OUT_ERROR,
        silent=True,
    ),
    WireFault(
        "drip-in-headers",
        "sends header lines without end",
        steps(_HEAD, RepeatedBytes(b"x-more: 1\r\n")),
        _TIMED_OUT_ERROR,
        silent=True,
    ),
    WireFault(
        "reset-after-head",
        "resets after the head",
        cut(_after_head, "reset"),
        _CONNECTION_LOST,
        _STREAM_BROKEN,
    ),
    WireFault(
        "close-after-head",
        "closes after the head",
        cut(_after_head, "close"),
        _CONNECTION_LOST,
        _STREAM_BROKEN,
    ),
    WireFault(
        "stall-after-head",
        "stops after the head",
        cut(_after_head, "stall"),
        _TIMED_OUT_ERROR,
        silent=True,
    ),
    WireFault(
        "reset-in-body",
        "resets within the body",
        cut(_in_body, "reset"),
        _CONNECTION_LOST,
        _STREAM_BROKEN,
    ),
    WireFault(
        "close-in-body",
        "closes within the body",
        cut(_in_body, "close"),
        _CONNECTION_LOST,
        _STREAM_BROKEN,
    ),
    WireFault(
        "half-close-in-body",
        "ends its direction of the connection within the body",
        cut(_in_body, "half-close"),
        _CONNECTION_LOST,
        _STREAM_BROKEN,
    ),
    WireFault(
        "stall-in-body",
        "stops within the body",
        cut(_in_body, "stall"),
        _TIMED_OUT_ERROR,
        silent=True,
    ),
    WireFault(
        "drip-in-body",
        "sends blanks without end instead of a body",
        steps(_HEAD + _CHUNKED, RepeatedBytes(b"1\r\n \r\n")),
        _TIMED_OUT_ERROR,
        silent=True,
    ),
    WireFault(
        "reset-before-last-byte",
        "resets before the last byte",
        cut(_before_the_last_byte, "reset"),
        _CONNECTION_LOST,
        _AT_THE_END,
    ),
    WireFault(
        "close-before-last-byte",
        "closes before the last byte",
        cut(_before_the_last_byte, "close"),
        _CONNECTION_LOST,
        _AT_THE_END,
    ),
    WireFault(
        "reset-after-response",
        "resets right after the last byte",
        data(bytes, "reset"),
        may_fail(*_CUT_STREAM),
    ),
    WireFault(
        "close-after-response",
        "closes after the response without having announced it",
        data(bytes, "close"),
        SUCCESS,
    ),
    WireFault(
        "half-close-after-response",
        "ends its direction of the connection after the response",
        data(bytes, "half-close"),
        SUCCESS,
    ),
    WireFault(
        "second-response",
        "sends another response without a request after the correct one",
        data(lambda correct: correct + b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"),
        SUCCESS,
    ),
    WireFault(
        "body-until-close",
        "frames the body only by the end of the connection",
        framing(lambda length: (), bytes, "close"),
        SUCCESS,
    ),
    WireFault(
        "body-until-reset",
        "frames the body by the end of the connection, which it resets",
        framing(lambda length: (), bytes, "reset"),
        may_fail(*_CUT_STREAM),
    ),
    WireFault(
        "contradictory-connection-header",
        "sends both connection: keep-alive and connection: close",
        lambda correct: (
            correct.message().head().removesuffix(b"\r\n")
            + b"connection: keep-alive\r\nconnection: close\r\n\r\n"
            + correct.message().body,
            "close",
        ),
        SUCCESS,
    ),
)

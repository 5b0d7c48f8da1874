"""Faults of connections: refused, reset, closed, silent or slow at every point of an exchange."""

from chatmodels.core import ErrorCode
from chatmodels.testing._wire.fault import RIGHT, Drip, WireFault, fails, may_fail
from chatmodels.testing._wire.reply import Message
from chatmodels.testing._wire.scripts import cut, data, framing, steps

_NETWORK = ErrorCode.NETWORK
_CUT_STREAM = (ErrorCode.STREAM_INTERRUPTED, ErrorCode.NETWORK)

_UNREACHED = fails(_NETWORK, status=None)
_LOST = fails(_NETWORK)
_BROKEN = fails(*_CUT_STREAM)
_AT_THE_END = may_fail(*_CUT_STREAM)
_LATE = fails(ErrorCode.TIMEOUT)

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
        "connection-refused", "no server listens at the address", steps(), _UNREACHED, refused=True
    ),
    WireFault(
        "reset-at-accept",
        "resets the connection as soon as it is accepted",
        steps("reset"),
        _UNREACHED,
        at_accept=True,
    ),
    WireFault(
        "close-at-accept",
        "closes the connection as soon as it is accepted",
        steps("close"),
        _UNREACHED,
        at_accept=True,
    ),
    WireFault(
        "half-close-at-accept",
        "ends its direction of the connection at once and keeps reading",
        steps("half-close"),
        _UNREACHED,
        at_accept=True,
    ),
    WireFault(
        "stall-at-accept",
        "accepts the connection and never sends a byte",
        steps("stall"),
        _LATE,
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
    WireFault("reset-after-request", "resets instead of a response", steps("reset"), _UNREACHED),
    WireFault("close-after-request", "closes instead of a response", steps("close"), _UNREACHED),
    WireFault(
        "half-close-after-request",
        "ends its direction of the connection instead of a response",
        steps("half-close"),
        _UNREACHED,
    ),
    WireFault(
        "stall-after-request",
        "reads the request and never responds",
        steps("stall"),
        _LATE,
        silent=True,
    ),
    WireFault(
        "reset-in-status-line",
        "resets within the status line",
        cut(_in_status_line, "reset"),
        _LOST,
    ),
    WireFault(
        "close-in-status-line",
        "closes within the status line",
        cut(_in_status_line, "close"),
        _LOST,
    ),
    WireFault(
        "stall-in-status-line",
        "stops within the status line",
        cut(_in_status_line, "stall"),
        _LATE,
        silent=True,
    ),
    WireFault("reset-in-headers", "resets within the headers", cut(_in_headers, "reset"), _LOST),
    WireFault("close-in-headers", "closes within the headers", cut(_in_headers, "close"), _LOST),
    WireFault(
        "stall-in-headers",
        "stops within the headers",
        cut(_in_headers, "stall"),
        _LATE,
        silent=True,
    ),
    WireFault(
        "drip-in-headers",
        "sends header lines for ever, never the end of the head",
        steps(_HEAD, Drip(b"x-more: 1\r\n")),
        _LATE,
        silent=True,
    ),
    WireFault(
        "reset-after-head", "resets after the head", cut(_after_head, "reset"), _LOST, _BROKEN
    ),
    WireFault(
        "close-after-head", "closes after the head", cut(_after_head, "close"), _LOST, _BROKEN
    ),
    WireFault(
        "stall-after-head", "stops after the head", cut(_after_head, "stall"), _LATE, silent=True
    ),
    WireFault("reset-in-body", "resets within the body", cut(_in_body, "reset"), _LOST, _BROKEN),
    WireFault("close-in-body", "closes within the body", cut(_in_body, "close"), _LOST, _BROKEN),
    WireFault(
        "half-close-in-body",
        "ends its direction of the connection within the body",
        cut(_in_body, "half-close"),
        _LOST,
        _BROKEN,
    ),
    WireFault("stall-in-body", "stops within the body", cut(_in_body, "stall"), _LATE, silent=True),
    WireFault(
        "drip-in-body",
        "sends blanks for ever instead of a body",
        steps(_HEAD + _CHUNKED, Drip(b"1\r\n \r\n")),
        _LATE,
        silent=True,
    ),
    WireFault(
        "reset-before-last-byte",
        "resets before the last byte",
        cut(_before_the_last_byte, "reset"),
        _LOST,
        _AT_THE_END,
    ),
    WireFault(
        "close-before-last-byte",
        "closes before the last byte",
        cut(_before_the_last_byte, "close"),
        _LOST,
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
        RIGHT,
    ),
    WireFault(
        "half-close-after-response",
        "ends its direction of the connection after the response",
        data(bytes, "half-close"),
        RIGHT,
    ),
    WireFault(
        "second-response",
        "sends another response after the right one, for no request",
        data(lambda right: right + b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"),
        RIGHT,
    ),
    WireFault(
        "body-until-close",
        "frames the body by nothing but the end of the connection",
        framing(lambda length: (), bytes, "close"),
        RIGHT,
    ),
    WireFault(
        "body-until-reset",
        "frames the body by the end of the connection, which it resets",
        framing(lambda length: (), bytes, "reset"),
        may_fail(*_CUT_STREAM),
    ),
    WireFault(
        "contradictory-connection-header",
        "says that it keeps the connection and that it closes it",
        lambda right: (
            right.message().head().removesuffix(b"\r\n")
            + b"connection: keep-alive\r\nconnection: close\r\n\r\n"
            + right.message().body,
            "close",
        ),
        RIGHT,
    ),
)

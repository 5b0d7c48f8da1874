"""The catalogue of faults between a program and a provider, with the permitted outcomes.

Contract suites and fault tests iterate over it.
"""

import math
from collections.abc import Mapping

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.testing._fault import Expected, Fault


def reset_after(count: int, /) -> Fault:
    """Return a fault that resets the connection after `count` bytes, including the head."""
    codes = (*_STREAM_BROKEN.codes, *_CONNECTION_LOST.codes)
    return Fault(
        name=f"reset-after-{count}",
        description=f"the connection is reset after {count} bytes",
        whole=_CONNECTION_LOST,
        stream=Expected(codes=codes),
        cut_after=count,
        ending="reset",
    )


def _reported(
    name: str, error: ErrorCode, status: int, *others: ErrorCode, wait: float | None = None
) -> Fault:
    expected = Expected(codes=(error, *others), status=status, retry_after=wait)
    return Fault(
        name=name,
        description=f"the provider reports {status}: {error.value.replace('_', ' ')}",
        error=error,
        status=status,
        headers={} if wait is None else {"retry-after": f"{wait:g}"},
        whole=expected,
        stream=expected,
    )


def _page(status: int) -> bytes:
    return (
        b"<!DOCTYPE html>\n<html><head><title>%d from a proxy</title></head>\n"
        b"<body><h1>Not what you requested</h1></body></html>\n" % status
    )


_NO_RESPONSE = Expected(codes=(ErrorCode.NETWORK,), status=None)
_NO_BYTES = Expected(codes=(ErrorCode.TIMEOUT,), status=None)
_BAD_GATEWAY = Expected(codes=(ErrorCode.PROVIDER_UNAVAILABLE,), status=502)
_ERROR_IN_200 = Expected(codes=(ErrorCode.PROVIDER_UNAVAILABLE,), status=200)
_REDIRECTED = Expected(codes=(ErrorCode.RESPONSE_INVALID,), status=307)
_CONNECTION_LOST = Expected(codes=(ErrorCode.NETWORK,))
_STREAM_BROKEN = Expected(codes=(ErrorCode.STREAM_INTERRUPTED,), status=200, partial=True)
_TIMED_OUT = Expected(codes=(ErrorCode.TIMEOUT,))
_INVALID = Expected(codes=(ErrorCode.RESPONSE_INVALID,), status=200)
_INVALID_OR_INTERRUPTED = Expected(
    codes=(ErrorCode.RESPONSE_INVALID, ErrorCode.STREAM_INTERRUPTED), status=200
)
_HTML = {"content-type": "text/html; charset=utf-8"}

FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault(
            name="connection-refused",
            description="no server listens",
            refused=True,
            whole=_NO_RESPONSE,
            stream=_NO_RESPONSE,
        ),
        Fault(
            name="reset-before-answer",
            description="the connection is reset instead of a response",
            cut_after=0,
            ending="reset",
            whole=_NO_RESPONSE,
            stream=_NO_RESPONSE,
        ),
        Fault(
            name="closed-before-answer",
            description="the connection is closed instead of a response",
            cut_after=0,
            ending="close",
            whole=_NO_RESPONSE,
            stream=_NO_RESPONSE,
        ),
        Fault(
            name="reset-in-head",
            description="the connection is reset within the headers",
            cut_after=30,
            ending="reset",
            whole=_NO_RESPONSE,
            stream=_NO_RESPONSE,
        ),
        Fault(
            name="reset-in-body",
            description="the connection is reset within the body",
            cut_after=0.7,
            ending="reset",
            whole=_CONNECTION_LOST,
            stream=_STREAM_BROKEN,
        ),
        Fault(
            name="closed-in-body",
            description="the connection is closed within the body",
            cut_after=0.7,
            ending="close",
            whole=_CONNECTION_LOST,
            stream=_STREAM_BROKEN,
        ),
        Fault(
            name="slow-first-byte",
            description="no byte is ever sent",
            latency=math.inf,
            silent=True,
            whole=_NO_BYTES,
            stream=_NO_BYTES,
        ),
        Fault(
            name="stall-in-body",
            description="the server stops sending in the middle of the body",
            cut_after=0.7,
            ending="stall",
            silent=True,
            whole=_TIMED_OUT,
            stream=msgspec.structs.replace(_TIMED_OUT, partial=True),
        ),
        Fault(
            name="comments-only",
            description="comments keep the connection alive, but no event is sent",
            alteration="comments-only",
            pace=0.01,
            silent=True,
            modes=("stream",),
            stream=_TIMED_OUT,
        ),
        Fault(
            name="truncated-json",
            description="the JSON is cut off, though the transfer is complete",
            alteration="truncated-json",
            whole=_INVALID,
            stream=msgspec.structs.replace(_INVALID_OR_INTERRUPTED, partial=True),
        ),
        Fault(
            name="wrong-content-type",
            description="plain text is sent instead of JSON",
            headers={"content-type": "text/plain"},
            content=b"OK\n",
            whole=_INVALID,
            stream=_INVALID_OR_INTERRUPTED,
        ),
        Fault(
            name="web-page",
            description="a proxy sends a web page",
            headers=_HTML,
            content=_page(200),
            whole=_INVALID,
            stream=_INVALID_OR_INTERRUPTED,
        ),
        Fault(
            name="web-page-502",
            description="a proxy sends a web page because the provider is unavailable",
            status=502,
            headers=_HTML,
            content=_page(502),
            whole=_BAD_GATEWAY,
            stream=_BAD_GATEWAY,
        ),
        Fault(
            name="empty-body",
            description="the body is empty",
            content=b"",
            whole=_INVALID,
            stream=_INVALID_OR_INTERRUPTED,
        ),
        Fault(
            name="other-json",
            description="the body is JSON, but not a response",
            content=b"[]",
            whole=_INVALID,
            stream=_INVALID_OR_INTERRUPTED,
        ),
        Fault(
            name="invalid-utf8",
            description="the text contains bytes that are not UTF-8",
            alteration="invalid-utf8",
            whole=_INVALID,
            stream=msgspec.structs.replace(_INVALID, partial=True),
        ),
        Fault(
            name="huge-line",
            description="a line of 33 MiB is sent",
            alteration="huge-line",
            modes=("stream",),
            stream=_INVALID,
        ),
        Fault(
            name="empty-choices",
            description="the response is well-formed, but does not contain a message",
            alteration="empty",
            whole=_INVALID,
            stream=_INVALID_OR_INTERRUPTED,
        ),
        Fault(
            name="error-in-200",
            description="an error is sent with the status 200",
            error=ErrorCode.PROVIDER_UNAVAILABLE,
            status=200,
            whole=_ERROR_IN_200,
            stream=_ERROR_IN_200,
        ),
        Fault(
            name="error-in-stream",
            description="an error is sent in the middle of a stream",
            alteration="error-in-stream",
            modes=("stream",),
            stream=Expected(codes=(ErrorCode.PROVIDER_UNAVAILABLE,), status=200, partial=True),
        ),
        Fault(
            name="missing-end",
            description="the stream ends without a terminal event",
            alteration="missing-end",
            modes=("stream",),
            stream=_STREAM_BROKEN,
        ),
        Fault(
            name="redirect",
            description="the provider redirects to another host",
            status=307,
            headers={"location": "http://127.0.0.1:9/elsewhere", "content-type": "text/plain"},
            content=b"",
            whole=_REDIRECTED,
            stream=_REDIRECTED,
        ),
        _reported("invalid-request", ErrorCode.INVALID_REQUEST, 400),
        _reported("invalid-key", ErrorCode.AUTHENTICATION, 401),
        _reported("permission-denied", ErrorCode.PERMISSION_DENIED, 403),
        _reported("model-not-found", ErrorCode.MODEL_NOT_FOUND, 404),
        _reported("context-length-exceeded", ErrorCode.CONTEXT_LENGTH_EXCEEDED, 400),
        _reported("content-filtered", ErrorCode.CONTENT_FILTERED, 400),
        _reported("quota-exceeded", ErrorCode.QUOTA_EXCEEDED, 429),
        _reported("rate-limited", ErrorCode.RATE_LIMITED, 429),
        _reported("rate-limited-retry-after", ErrorCode.RATE_LIMITED, 429, wait=7),
        _reported("server-error", ErrorCode.PROVIDER_UNAVAILABLE, 500),
        _reported("bad-gateway", ErrorCode.PROVIDER_UNAVAILABLE, 502),
        _reported("unavailable", ErrorCode.PROVIDER_UNAVAILABLE, 503),
        _reported("unavailable-retry-after", ErrorCode.PROVIDER_UNAVAILABLE, 503, wait=0.5),
        _reported("gateway-timeout", ErrorCode.PROVIDER_UNAVAILABLE, 504, ErrorCode.TIMEOUT),
        _reported("overloaded", ErrorCode.PROVIDER_UNAVAILABLE, 529),
        Fault(
            name="single-bytes",
            description="every byte is sent in a separate chunk",
            alteration="single-bytes",
        ),
        Fault(
            name="unknown-fields",
            description="every object has undocumented fields",
            alteration="unknown-fields",
        ),
        Fault(
            name="keep-alive-comments",
            description="comments are sent between the events of a stream",
            alteration="keep-alive-comments",
            modes=("stream",),
        ),
        Fault(
            name="crlf",
            description="lines of a stream end with carriage return and line feed",
            alteration="crlf",
            modes=("stream",),
        ),
    )
}
"""The catalogue by name; calls must succeed in spite of the last ones."""

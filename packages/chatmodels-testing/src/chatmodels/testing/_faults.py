"""What can go wrong between a program and a provider, and what a program must be told then.

The catalogue is data: contract suites and fault tests iterate over it.
"""

import math
from collections.abc import Mapping

import msgspec

from chatmodels.core import ErrorCode
from chatmodels.testing._fault import Expected, Fault


def reset_after(count: int, /) -> Fault:
    """Make the fault that the connection is reset after so many bytes, the head included."""
    codes = (*_BROKEN.codes, *_LOST.codes)
    return Fault(
        name=f"reset-after-{count}",
        description=f"the connection is reset after {count} bytes",
        whole=_LOST,
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
        b"<!DOCTYPE html>\n<html><head><title>%d a proxy speaks</title></head>\n"
        b"<body><h1>Not what you asked for</h1></body></html>\n" % status
    )


_UNREACHED = Expected(codes=(ErrorCode.NETWORK,), status=None)
_SILENCE = Expected(codes=(ErrorCode.TIMEOUT,), status=None)
_GONE = Expected(codes=(ErrorCode.PROVIDER_UNAVAILABLE,), status=502)
_TOLD = Expected(codes=(ErrorCode.PROVIDER_UNAVAILABLE,), status=200)
_MOVED = Expected(codes=(ErrorCode.RESPONSE_INVALID,), status=307)
_LOST = Expected(codes=(ErrorCode.NETWORK,))
_BROKEN = Expected(codes=(ErrorCode.STREAM_INTERRUPTED,), status=200, partial=True)
_LATE = Expected(codes=(ErrorCode.TIMEOUT,))
_NONSENSE = Expected(codes=(ErrorCode.RESPONSE_INVALID,), status=200)
_NONSENSE_OR_NOTHING = Expected(
    codes=(ErrorCode.RESPONSE_INVALID, ErrorCode.STREAM_INTERRUPTED), status=200
)
_HTML = {"content-type": "text/html; charset=utf-8"}

FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault(
            name="connection-refused",
            description="nobody listens",
            refused=True,
            whole=_UNREACHED,
            stream=_UNREACHED,
        ),
        Fault(
            name="reset-before-answer",
            description="the connection is reset instead of an answer",
            cut_after=0,
            ending="reset",
            whole=_UNREACHED,
            stream=_UNREACHED,
        ),
        Fault(
            name="closed-before-answer",
            description="the connection is closed instead of an answer",
            cut_after=0,
            ending="close",
            whole=_UNREACHED,
            stream=_UNREACHED,
        ),
        Fault(
            name="reset-in-head",
            description="the connection is reset within the headers",
            cut_after=30,
            ending="reset",
            whole=_UNREACHED,
            stream=_UNREACHED,
        ),
        Fault(
            name="reset-in-body",
            description="the connection is reset within the body",
            cut_after=0.7,
            ending="reset",
            whole=_LOST,
            stream=_BROKEN,
        ),
        Fault(
            name="closed-in-body",
            description="the connection is closed within the body",
            cut_after=0.7,
            ending="close",
            whole=_LOST,
            stream=_BROKEN,
        ),
        Fault(
            name="slow-first-byte",
            description="nothing ever comes",
            latency=math.inf,
            silent=True,
            whole=_SILENCE,
            stream=_SILENCE,
        ),
        Fault(
            name="stall-in-body",
            description="nothing more comes from the middle of the body on",
            cut_after=0.7,
            ending="stall",
            silent=True,
            whole=_LATE,
            stream=msgspec.structs.replace(_LATE, partial=True),
        ),
        Fault(
            name="comments-only",
            description="comments keep the connection alive, but no event comes",
            alteration="comments-only",
            pace=0.01,
            silent=True,
            modes=("stream",),
            stream=_LATE,
        ),
        Fault(
            name="truncated-json",
            description="the JSON is cut off, though the transfer is complete",
            alteration="truncated-json",
            whole=_NONSENSE,
            stream=msgspec.structs.replace(_NONSENSE_OR_NOTHING, partial=True),
        ),
        Fault(
            name="wrong-content-type",
            description="plain text comes instead of JSON",
            headers={"content-type": "text/plain"},
            content=b"OK\n",
            whole=_NONSENSE,
            stream=_NONSENSE_OR_NOTHING,
        ),
        Fault(
            name="web-page",
            description="a proxy answers with a web page",
            headers=_HTML,
            content=_page(200),
            whole=_NONSENSE,
            stream=_NONSENSE_OR_NOTHING,
        ),
        Fault(
            name="web-page-502",
            description="a proxy reports with a web page that the provider is gone",
            status=502,
            headers=_HTML,
            content=_page(502),
            whole=_GONE,
            stream=_GONE,
        ),
        Fault(
            name="empty-body",
            description="the body is empty",
            content=b"",
            whole=_NONSENSE,
            stream=_NONSENSE_OR_NOTHING,
        ),
        Fault(
            name="other-json",
            description="the body is JSON, but no answer",
            content=b"[]",
            whole=_NONSENSE,
            stream=_NONSENSE_OR_NOTHING,
        ),
        Fault(
            name="invalid-utf8",
            description="the text holds bytes that are not UTF-8",
            alteration="invalid-utf8",
            whole=_NONSENSE,
            stream=msgspec.structs.replace(_NONSENSE, partial=True),
        ),
        Fault(
            name="huge-line",
            description="a line of 33 MiB comes",
            alteration="huge-line",
            modes=("stream",),
            stream=_NONSENSE,
        ),
        Fault(
            name="empty-choices",
            description="the answer is well-formed, but holds no message",
            alteration="empty",
            whole=_NONSENSE,
            stream=_NONSENSE_OR_NOTHING,
        ),
        Fault(
            name="error-in-200",
            description="an error comes as a success",
            error=ErrorCode.PROVIDER_UNAVAILABLE,
            status=200,
            whole=_TOLD,
            stream=_TOLD,
        ),
        Fault(
            name="error-in-stream",
            description="an error comes in the middle of a stream",
            alteration="error-in-stream",
            modes=("stream",),
            stream=Expected(codes=(ErrorCode.PROVIDER_UNAVAILABLE,), status=200, partial=True),
        ),
        Fault(
            name="missing-end",
            description="the stream ends properly, but the answer does not",
            alteration="missing-end",
            modes=("stream",),
            stream=_BROKEN,
        ),
        Fault(
            name="redirect",
            description="the provider redirects to another host",
            status=307,
            headers={"location": "http://127.0.0.1:9/elsewhere", "content-type": "text/plain"},
            content=b"",
            whole=_MOVED,
            stream=_MOVED,
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
            description="every byte comes in a piece of its own",
            alteration="single-bytes",
        ),
        Fault(
            name="unknown-fields",
            description="every object has fields that nobody has documented",
            alteration="unknown-fields",
        ),
        Fault(
            name="keep-alive-comments",
            description="comments come between the events of a stream",
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
"""The catalogue by name; the last ones are oddities that a call must survive."""

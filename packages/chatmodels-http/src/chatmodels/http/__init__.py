"""Moves bytes for the providers of chatmodels that speak HTTP, sync and async."""

from chatmodels.http._codec import (
    ChatCodec,
    Frame,
    Framer,
    HttpFailure,
    HttpRequest,
    StreamDecoder,
)
from chatmodels.http._error_body import ErrorBody, excerpt, read_error, read_error_body
from chatmodels.http._failures import STATUS_CODES, VENDOR_CODES, standard_failure
from chatmodels.http._headers import rate_limits, request_id, retry_after
from chatmodels.http._ndjson import NdjsonFramer
from chatmodels.http._sse import SseFramer

__all__ = [
    "STATUS_CODES",
    "VENDOR_CODES",
    "ChatCodec",
    "ErrorBody",
    "Frame",
    "Framer",
    "HttpFailure",
    "HttpRequest",
    "NdjsonFramer",
    "SseFramer",
    "StreamDecoder",
    "excerpt",
    "rate_limits",
    "read_error",
    "read_error_body",
    "request_id",
    "retry_after",
    "standard_failure",
]

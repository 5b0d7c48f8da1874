"""Moves bytes for the providers of chatmodels that speak HTTP, sync and async."""

from chatmodels.http._codec import (
    ChatCodec,
    Frame,
    Framer,
    HttpFailure,
    HttpRequest,
    StreamDecoder,
)
from chatmodels.http._ndjson import NdjsonFramer
from chatmodels.http._sse import SseFramer

__all__ = [
    "ChatCodec",
    "Frame",
    "Framer",
    "HttpFailure",
    "HttpRequest",
    "NdjsonFramer",
    "SseFramer",
    "StreamDecoder",
]

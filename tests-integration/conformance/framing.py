"""Splits streams into frames and joins frames into streams, by media type."""

from collections.abc import Iterable, Sequence

from chatmodels.http import EventStreamFramer, Frame, Framer, NdjsonFramer, SseFramer
from chatmodels.testing._protocols import event_stream


def split(content: bytes, media_type: str) -> Sequence[Frame]:
    """Split a stream into its frames."""
    framer = _framer(media_type)
    return [*framer.feed(content), *framer.close()]


def join(frames: Iterable[Frame], media_type: str) -> bytes:
    """Join frames into a stream."""
    if media_type == event_stream.CONTENT_TYPE:
        return b"".join(_message(frame) for frame in frames)
    if media_type == "text/event-stream":
        return b"".join(_event(frame) for frame in frames)
    return b"".join(frame.data + b"\n" for frame in frames)


def _framer(media_type: str) -> Framer:
    if media_type == event_stream.CONTENT_TYPE:
        return EventStreamFramer()
    return SseFramer() if media_type == "text/event-stream" else NdjsonFramer()


def _event(frame: Frame) -> bytes:
    name = f"event: {frame.event}\n".encode() if frame.event else b""
    return name + b"".join(b"data: %b\n" % line for line in frame.data.split(b"\n")) + b"\n"


def _message(frame: Frame) -> bytes:
    headers = dict(frame.headers or {":message-type": "event", ":event-type": frame.event})
    for name in (":event-type", ":exception-type"):
        if name in headers:
            headers[name] = frame.event
    return event_stream.message(frame.data, headers)

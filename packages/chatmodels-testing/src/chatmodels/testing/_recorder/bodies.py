"""Chooses the most readable form of a recorded body that has the same content."""

from typing import Any

import msgspec

from chatmodels.core import ChatModelError
from chatmodels.http import EventStreamFramer
from chatmodels.testing._protocols import event_stream
from chatmodels.testing._recordings import STREAM_TYPES, RecordedFrame


def body_fields(content: bytes, content_type: str, /) -> dict[str, Any]:
    """Return the field of a `RecordedResponse` that has a body; none for an empty body.

    Args:
        content: The body.
        content_type: The header of the response.
    """
    if not content:
        return {}
    if _media_type(content_type) == event_stream.CONTENT_TYPE:
        try:
            return {"body_frames": _frames(content)}
        except ChatModelError:  # broken off, or damaged
            return {"body_base64": content}
    if not is_stream(content_type):
        parsed = parsed_json(content)
        if parsed is not msgspec.UNSET:
            return {"body": parsed}
    try:
        return {"body_text": content.decode()}
    except UnicodeDecodeError:
        return {"body_base64": content}


def is_stream(content_type: str, /) -> bool:
    """Check whether a content type is that of a streamed response."""
    return _media_type(content_type) in STREAM_TYPES


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def parsed_json(content: bytes, /) -> Any:
    """Parse JSON; return `msgspec.UNSET` for other content."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.UNSET


def _frames(content: bytes) -> tuple[RecordedFrame, ...]:
    framer = EventStreamFramer()
    frames = [*framer.feed(content), *framer.close()]
    return tuple(
        RecordedFrame(
            type=frame.event,
            payload=_payload(frame.data),
            exception=(frame.headers or {}).get(":message-type") == "exception",
        )
        for frame in frames
    )


def _payload(data: bytes) -> Any:
    parsed = parsed_json(data)
    return data.decode("utf-8", "replace") if parsed is msgspec.UNSET else parsed

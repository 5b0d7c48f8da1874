"""Frames, the units of a stream, and the protocols of framers and decoders."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from chatmodels.core import StreamEvent


class Frame(msgspec.Struct, frozen=True):
    """One unit of a stream: a server-sent event, a line, a message.

    Attributes:
        data: The payload.
        event: Its type; empty if the framing has none.
        id: Its id; empty if the framing has none.
        headers: Its headers; None if the framing has none.
    """

    data: bytes
    event: str = ""
    id: str = ""
    headers: Mapping[str, str] | None = None


class Framer(Protocol):
    """Splits a stream of bytes into frames, independent of its chunks."""

    def feed(self, data: bytes, /) -> Iterable[Frame]:
        """Accept bytes and return the frames that they complete, once, in order.

        Raises:
            ResponseInvalidError: A line or a frame exceeds its limit.
        """
        ...

    def close(self) -> Sequence[Frame]:
        """Return the last frame, if the end of the bytes completes one."""
        ...


class StreamDecoder(Protocol):
    """Decodes one response into events: a state machine that is fed with the frames of a stream.

    It returns a `StreamEnd` when, and only when, the vendor has ended the response.
    """

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Decode one frame and return its events.

        Raises:
            ChatModelError: The frame reports an error, or is not in this wire format.
        """
        ...

    def close(self) -> Sequence[StreamEvent]:
        """Return the events at the end of the bytes: none if the response is incomplete."""
        ...

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that arrived whole, with complete parts and no deltas.

        Raises:
            ChatModelError: The body reports an error or is not in this wire format.
        """
        ...

"""Frames, the units of a stream: what cuts bytes into them, and what turns them into events."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from chatmodels.core import StreamEvent


class Frame(msgspec.Struct, frozen=True):
    """One unit of a stream: a server-sent event, a line, a message.

    Attributes:
        data: The payload.
        event: Its type where the framing has one, else empty.
        id: Its id where the framing has one, else empty.
        headers: Its headers where the framing has them.
    """

    data: bytes
    event: str = ""
    id: str = ""
    headers: Mapping[str, str] | None = None


class Framer(Protocol):
    """Cuts a stream of bytes into frames, whatever pieces it comes in."""

    def feed(self, data: bytes, /) -> Iterable[Frame]:
        """Take bytes in and give the frames that they complete, once, in order.

        Raises:
            ResponseInvalidError: A line or a frame exceeds its limit.
        """
        ...

    def close(self) -> Sequence[Frame]:
        """Give the last frame, if the end of the bytes completes one."""
        ...


class StreamDecoder(Protocol):
    """Turns one response into events: a state machine that is fed with the frames of a stream.

    It yields a `StreamEnd` when, and only when, the vendor has ended the answer.
    """

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Take one frame in and give the events that it causes.

        Raises:
            ChatModelError: The frame reports an error, or is not of this wire format.
        """
        ...

    def close(self) -> Sequence[StreamEvent]:
        """Give the events that the end of the bytes causes: none if the answer is incomplete."""
        ...

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that arrived whole, with complete parts and no deltas.

        Raises:
            ChatModelError: The body reports an error or is not in this wire format.
        """
        ...

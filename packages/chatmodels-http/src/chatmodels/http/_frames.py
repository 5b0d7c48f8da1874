"""Frames, the units of a stream, and the protocol of what cuts bytes into them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec


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

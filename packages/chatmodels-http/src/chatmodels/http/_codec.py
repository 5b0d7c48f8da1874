"""The seam between a vendor's wire format and the machinery that moves bytes.

A codec is sans-IO: pure functions from neutral values to bytes and back. `HttpChatModel` does the
rest: connections, time limits, secrets, retries, both worlds.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec

from chatmodels.core import ChatModelError, ChatRequest, ChatResponse, ModelInfo, StreamEvent


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request without its credentials.

    Attributes:
        method: As in "POST".
        path: Appended to the model's base URL, beginning with "/"; or a whole address, for an API
            that has a second host.
        body: The encoded body; empty for none.
        headers: Headers of this request alone; content type and accept are set for all.
    """

    method: str = "POST"
    path: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class HttpFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A response that is not a success, read to its end (or to the limit of error bodies).

    Attributes:
        status: The HTTP status; 200 for an error inside a success.
        headers: Lower-case name to value.
        body: The body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


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
    """Turns the frames of one stream into events: a state machine that is fed.

    It yields a `StreamEnd` when, and only when, the vendor has ended the answer.
    """

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Take one frame in and give the events that it causes.

        Raises:
            ChatModelError: The frame tells of an error, or is not of this wire format.
        """
        ...

    def close(self) -> Sequence[StreamEvent]:
        """Give the events that the end of the bytes causes: none if the answer is incomplete."""
        ...


@runtime_checkable
class ChatCodec(Protocol):
    """One vendor's chat API: everything that is particular to it, and nothing else.

    A codec is immutable and shared by threads. That of a vendor with several APIs has an attribute
    `api` as well, which names the one it is for.
    """

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings that this API honours: neutral name to what it becomes in the body."""
        ...

    def authorization(self, secret: str, /) -> tuple[tuple[str, str], ...]:
        """Give the headers that carry the secret."""
        ...

    def encode(self, model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
        """Translate a request.

        Raises:
            UnsupportedError: It asks for something that this API cannot express; the message
                lists everything.
        """
        ...

    def decode(self, body: bytes, request: ChatRequest, /) -> ChatResponse[Any]:
        """Translate a whole response to a request.

        Raises:
            ChatModelError: The body tells of an error, or is not of this wire format.
        """
        ...

    def framer(self) -> Framer:
        """Make the framer for one stream."""
        ...

    def stream_decoder(self, request: ChatRequest, /) -> StreamDecoder:
        """Make the decoder for the stream that answers a request."""
        ...

    def decode_failure(self, failure: HttpFailure, /) -> ChatModelError:
        """Translate a failure; request id, retry-after and location are filled in by the caller."""
        ...

    def encode_models(self) -> HttpRequest | None:
        """Give the request that lists the models; None if the vendor has none."""
        ...

    def decode_models(self, body: bytes, /) -> Sequence[ModelInfo]:
        """Translate the listing."""
        ...

    def encode_health(self) -> HttpRequest:
        """Give the cheapest request that proves address and credentials."""
        ...

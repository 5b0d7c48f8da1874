"""The seam between a vendor's wire format and the machinery that moves bytes.

A codec is sans-IO: pure functions from neutral values to bytes and back. `HttpChatModel` does the
rest: connections, time limits, secrets, retries, sync and async.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from chatmodels.core import ChatModelError, ChatRequest, ChatResponse, ModelInfo, StreamEvent
from chatmodels.http._frames import Frame, Framer
from chatmodels.http._sse import SseFramer

Headers = tuple[tuple[str, str], ...]


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
    headers: Headers = ()


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


class Encode(Protocol):
    """Translates a request to a model into the vendor's wire format."""

    def __call__(self, model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
        """Translate a request.

        Raises:
            UnsupportedError: The API cannot express something; the message lists everything.
            InvalidRequestError: Something in it is not JSON.
        """
        ...


class Listing(msgspec.Struct, frozen=True):
    """The vendor's listing of models.

    Attributes:
        request: The request that returns the listing.
        read: Translates the body; raises `ResponseInvalidError` if it is not a listing.
    """

    request: HttpRequest
    read: Callable[[bytes], Sequence[ModelInfo]]


def bearer(secret: str, /) -> Headers:
    """Return the header that carries a secret as a bearer token."""
    return (("Authorization", f"Bearer {secret}"),)


class Codec(msgspec.Struct, frozen=True, kw_only=True):
    """The wire format of one vendor's chat API, as pure functions.

    The functions are importable by name or `functools.partial` objects of such, so that models
    pickle.

    Attributes:
        encode: Translates a request.
        decode: Translates a whole response to a request. Raises `ChatModelError` if the body
            reports an error or is not in this wire format.
        decoder: Makes the decoder of the stream that responds to a request.
        failure: Translates a response that is not a success. Request id and retry-after are
            filled in by the caller.
        health: The cheapest request that proves address and credentials.
        settings: The supported settings: neutral name to the field of the body.
        models: The listing of models; None if the vendor has none.
        framer: Makes the framer of one stream.
        authorization: Returns the headers that carry the secret.
        api: The name of the API if the vendor has several, as in "chat_completions".
    """

    encode: Encode
    decode: Callable[[bytes, ChatRequest], ChatResponse[Any]]
    decoder: Callable[[ChatRequest], StreamDecoder]
    failure: Callable[[HttpFailure], ChatModelError]
    health: HttpRequest
    settings: Mapping[str, str]
    models: Listing | None = None
    framer: Callable[[], Framer] = SseFramer
    authorization: Callable[[str], Headers] = bearer
    api: str | None = None

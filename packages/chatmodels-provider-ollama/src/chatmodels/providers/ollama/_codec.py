"""The codec: the pure functions of this package as one value."""

from collections.abc import Mapping, Sequence
from typing import Any

from chatmodels.core import ChatModelError, ChatRequest, ChatResponse, ModelInfo
from chatmodels.http import Framer, HttpFailure, HttpRequest, NdjsonFramer, StreamDecoder
from chatmodels.providers.ollama._failure import read_failure
from chatmodels.providers.ollama._listing import read_models
from chatmodels.providers.ollama._request import SETTINGS, encode_request
from chatmodels.providers.ollama._response import read_response
from chatmodels.providers.ollama._stream import ChatDecoder


class OllamaCodec:
    """A codec for `POST /api/chat`."""

    __slots__ = ()

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings that this API honours: their neutral names, to those in the body."""
        return SETTINGS

    def authorization(self, secret: str, /) -> tuple[tuple[str, str], ...]:
        """Give the header that carries the secret."""
        return (("Authorization", f"Bearer {secret}"),)

    def encode(self, model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
        """Translate a request.

        Raises:
            UnsupportedError: The API cannot express something; the message lists everything.
            InvalidRequestError: Something in it is not JSON.
        """
        return HttpRequest(path="/api/chat", body=encode_request(model, request, stream=stream))

    def decode(self, body: bytes, request: ChatRequest, /) -> ChatResponse[Any]:
        """Translate a whole response.

        Raises:
            ChatModelError: The body tells of an error, or is not an answer.
        """
        return read_response(body, request)

    def framer(self) -> Framer:
        """Make the framer for one stream."""
        return NdjsonFramer()

    def stream_decoder(self, request: ChatRequest, /) -> StreamDecoder:
        """Make the decoder for the stream that answers a request."""
        return ChatDecoder(request)

    def decode_failure(self, failure: HttpFailure, /) -> ChatModelError:
        """Translate a failure."""
        return read_failure(failure)

    def encode_models(self) -> HttpRequest:
        """Give the request that lists the models on the machine."""
        return HttpRequest(method="GET", path="/api/tags")

    def decode_models(self, body: bytes, /) -> Sequence[ModelInfo]:
        """Translate the listing.

        Raises:
            ResponseInvalidError: The body is no such listing.
        """
        return read_models(body)

    def encode_health(self) -> HttpRequest:
        """Give the cheapest request that proves the address."""
        return HttpRequest(method="GET", path="/api/version")

"""The codec: the pure functions of this package as one value."""

from collections.abc import Mapping, Sequence
from typing import Any

from chatmodels.core import ChatModelError, ChatRequest, ChatResponse, ModelInfo
from chatmodels.http import Framer, HttpFailure, HttpRequest, SseFramer, StreamDecoder
from chatmodels.providers.anthropic._failure import read_failure
from chatmodels.providers.anthropic._listing import read_models
from chatmodels.providers.anthropic._request import SETTINGS, encode_request
from chatmodels.providers.anthropic._response import read_response
from chatmodels.providers.anthropic._stream import MessagesDecoder

VERSION = "2023-06-01"
"""The last version of the API in which requests may have a temperature ("Versions").

The header `anthropic-version` of the options counts before it.
"""


class MessagesCodec:
    """A `ChatCodec` for the Messages API.

    Args:
        prefix: What stands before the paths.
        bearer: Whether the secret is a token instead of an API key.
    """

    __slots__ = ("_bearer", "_prefix")

    def __init__(self, prefix: str = "/v1", *, bearer: bool = False) -> None:
        self._prefix = prefix
        self._bearer = bearer

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings that this API honours: their neutral names, to those in the body."""
        return SETTINGS

    def authorization(self, secret: str, /) -> tuple[tuple[str, str], ...]:
        """Give the header that carries the secret."""
        return (("Authorization", f"Bearer {secret}") if self._bearer else ("x-api-key", secret),)

    def encode(self, model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
        """Translate a request.

        Raises:
            UnsupportedError: The API cannot express something; the message lists everything.
            InvalidRequestError: Something in it is not JSON.
        """
        body = encode_request(model, request, stream=stream)
        return HttpRequest(path=f"{self._prefix}/messages", body=body, headers=_HEADERS)

    def decode(self, body: bytes, request: ChatRequest, /) -> ChatResponse[Any]:
        """Translate a whole response.

        Raises:
            ChatModelError: The body tells of an error, or is not a message.
        """
        return read_response(body, request)

    def framer(self) -> Framer:
        """Make the framer for one stream."""
        return SseFramer()

    def stream_decoder(self, request: ChatRequest, /) -> StreamDecoder:
        """Make the decoder for the stream that answers a request."""
        return MessagesDecoder(request)

    def decode_failure(self, failure: HttpFailure, /) -> ChatModelError:
        """Translate a failure."""
        return read_failure(failure)

    def encode_models(self) -> HttpRequest:
        """Give the request that lists the models, as many as one page may have."""
        return self._listing(1_000)

    def decode_models(self, body: bytes, /) -> Sequence[ModelInfo]:
        """Translate the listing.

        Raises:
            ResponseInvalidError: The body is no such listing.
        """
        return read_models(body)

    def encode_health(self) -> HttpRequest:
        """Give the cheapest request that proves address and credentials."""
        return self._listing(1)

    def _listing(self, count: int) -> HttpRequest:
        path = f"{self._prefix}/models?limit={count}"
        return HttpRequest(method="GET", path=path, headers=_HEADERS)


_HEADERS = (("anthropic-version", VERSION),)

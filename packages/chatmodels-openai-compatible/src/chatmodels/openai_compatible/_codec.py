"""The codec: the pure functions of this package, bound to one dialect."""

from collections.abc import Mapping, Sequence
from typing import Any

from chatmodels.core import ChatModelError, ChatRequest, ChatResponse, ModelInfo
from chatmodels.http import Framer, HttpFailure, HttpRequest, SseFramer, StreamDecoder
from chatmodels.openai_compatible._dialect import Dialect
from chatmodels.openai_compatible._failure import read_failure
from chatmodels.openai_compatible._models import read_models
from chatmodels.openai_compatible._request import encode_request
from chatmodels.openai_compatible._response import read_response
from chatmodels.openai_compatible._stream import ChatCompletionsDecoder


class ChatCompletionsCodec:
    """A `ChatCodec` for one vendor that speaks chat completions.

    Args:
        dialect: How it speaks them.
        headers: What its requests need besides, as for the account to bill.
    """

    __slots__ = ("_headers", "dialect")

    def __init__(self, dialect: Dialect, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.dialect = dialect
        self._headers = headers

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings that this API honours: their neutral names, to those in the body."""
        return self.dialect.settings

    def authorization(self, secret: str, /) -> tuple[tuple[str, str], ...]:
        """Give the header that carries the secret."""
        return ((self.dialect.key_header, self.dialect.key_prefix + secret),)

    def encode(self, model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
        """Translate a request.

        Raises:
            UnsupportedError: The dialect cannot express something; the message lists everything.
            InvalidRequestError: Something in it is not JSON.
        """
        dialect = self.dialect_for(model)
        body = encode_request(model, request, dialect, stream=stream)
        return HttpRequest(path=dialect.chat_path, body=body, headers=self._headers)

    def dialect_for(self, model: str, /) -> Dialect:
        """Choose how to speak to a model: some take less than others of their vendor."""
        return self.dialect

    def decode(self, body: bytes, request: ChatRequest, /) -> ChatResponse[Any]:
        """Translate a whole response.

        Raises:
            ChatModelError: The body tells of an error, or is not a chat completion.
        """
        return read_response(body, request, self.dialect.name)

    def framer(self) -> Framer:
        """Make the framer for one stream."""
        return SseFramer()

    def stream_decoder(self, request: ChatRequest, /) -> StreamDecoder:
        """Make the decoder for the stream that answers a request."""
        return ChatCompletionsDecoder(request, self.dialect.name)

    def decode_failure(self, failure: HttpFailure, /) -> ChatModelError:
        """Translate a failure."""
        return read_failure(failure, self.dialect.name)

    def encode_models(self) -> HttpRequest | None:
        """Give the request that lists the models; None if the vendor has none."""
        path = self.dialect.models_path
        return None if path is None else self._get(path)

    def decode_models(self, body: bytes, /) -> Sequence[ModelInfo]:
        """Translate the listing.

        Raises:
            ResponseInvalidError: The body is no such listing.
        """
        return read_models(body, self.dialect.name)

    def encode_health(self) -> HttpRequest:
        """Give the cheapest request that proves address and credentials."""
        path = self.dialect.health_path or self.dialect.models_path or "/models"
        return self._get(path)

    def _get(self, path: str) -> HttpRequest:
        return HttpRequest(method="GET", path=path, headers=self._headers)

"""The codec: the pure functions of this package as one value."""

from collections.abc import Mapping, Sequence
from typing import Any

from chatmodels.core import ChatModelError, ChatRequest, ChatResponse, ModelInfo
from chatmodels.http import Framer, HttpFailure, HttpRequest, SseFramer, StreamDecoder
from chatmodels.http.wire import path_name
from chatmodels.providers.google._failure import read_failure
from chatmodels.providers.google._listing import read_models
from chatmodels.providers.google._request import encode_request
from chatmodels.providers.google._stream import AnswerDecoder, read_response


class GeminiCodec:
    """A `ChatCodec` for generateContent and streamGenerateContent.

    Args:
        provider: The provider's registered name.
        settings: The settings that its API honours: their neutral names, to those in the body.
        version: What stands before all paths.
        place: The project and the region, which stand before whatever a model's path is; there
            the secret is a token instead of an API key.
        publisher: Whose models are meant where a name is no path.
    """

    __slots__ = ("_place", "_provider", "_publisher", "_version", "settings")

    def __init__(
        self,
        provider: str,
        settings: Mapping[str, str],
        version: str,
        *,
        place: str = "",
        publisher: str = "",
    ) -> None:
        self.settings = settings
        self._provider = provider
        self._version = version
        self._place = place
        self._publisher = publisher

    def authorization(self, secret: str, /) -> tuple[tuple[str, str], ...]:
        """Give the header that carries the secret."""
        return (("Authorization", f"Bearer {secret}") if self._place else (_KEY, secret),)

    def encode(self, model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
        """Translate a request.

        Raises:
            UnsupportedError: The API cannot express something; the message lists everything.
            InvalidRequestError: Something in it is not JSON, or the model's name cannot be part
                of a URL.
        """
        body, headers = encode_request(model, request, self._provider, self.settings)
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return HttpRequest(path=f"{self._path(model)}:{verb}", body=body, headers=headers)

    def decode(self, body: bytes, request: ChatRequest, /) -> ChatResponse[Any]:
        """Translate a whole response.

        Raises:
            ChatModelError: The body tells of an error, or is not an answer.
        """
        return read_response(body, request, self._provider)

    def framer(self) -> Framer:
        """Make the framer for one stream."""
        return SseFramer(bare_json=True)

    def stream_decoder(self, request: ChatRequest, /) -> StreamDecoder:
        """Make the decoder for the stream that answers a request."""
        return AnswerDecoder(request, self._provider)

    def decode_failure(self, failure: HttpFailure, /) -> ChatModelError:
        """Translate a failure."""
        return read_failure(failure, self._provider)

    def encode_models(self) -> HttpRequest:
        """Give the request that lists the models, as many as one page may have."""
        return self._listing(100 if self._publisher else 1_000)

    def decode_models(self, body: bytes, /) -> Sequence[ModelInfo]:
        """Translate the listing.

        Raises:
            ResponseInvalidError: The body is no such listing.
        """
        return read_models(body, self._provider)

    def encode_health(self) -> HttpRequest:
        """Give the cheapest request that proves address and credentials."""
        return self._listing(1)

    def _listing(self, count: int) -> HttpRequest:
        path = f"{self._version}/{self._publisher}models?pageSize={count}"
        return HttpRequest(method="GET", path=path)

    def _path(self, model: str) -> str:
        model = path_name(model, self._provider, "model", safe="/@:")
        if model.startswith("projects/"):
            return f"{self._version}/{model}"
        if "/" not in model:
            model = f"{self._publisher}models/{model}"
        return f"{self._version}/{self._place}{model}"


_KEY = "x-goog-api-key"

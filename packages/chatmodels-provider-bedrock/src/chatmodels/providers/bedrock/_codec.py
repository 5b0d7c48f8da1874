"""The codec: the pure functions of this package as one value."""

from collections.abc import Mapping, Sequence
from typing import Any

from chatmodels.core import ChatModelError, ChatRequest, ChatResponse, ModelInfo
from chatmodels.http import EventStreamFramer, Framer, HttpFailure, HttpRequest, StreamDecoder
from chatmodels.http.wire import path_name
from chatmodels.providers.bedrock._blocks import PROVIDER_NAME
from chatmodels.providers.bedrock._failure import read_failure
from chatmodels.providers.bedrock._listing import read_models
from chatmodels.providers.bedrock._request import SETTINGS, encode_request
from chatmodels.providers.bedrock._response import read_response
from chatmodels.providers.bedrock._stream import ConverseDecoder

_STREAM = (("accept", "application/vnd.amazon.eventstream"),)


class ConverseCodec:
    """A `ChatCodec` for Converse and ConverseStream of Bedrock Runtime.

    Args:
        control_url: Where the API is that lists models, if not where the models are.
    """

    __slots__ = ("_control_url",)

    def __init__(self, control_url: str = "") -> None:
        self._control_url = control_url

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings that this API honours: their neutral names, to those in the body."""
        return SETTINGS

    def authorization(self, secret: str, /) -> tuple[tuple[str, str], ...]:
        """Give the header that carries an API key ("Use an Amazon Bedrock API key")."""
        return (("Authorization", f"Bearer {secret}"),)

    def encode(self, model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
        """Translate a request.

        Raises:
            UnsupportedError: The API cannot express something; the message lists everything.
            InvalidRequestError: Something in it is not JSON, or the model's name cannot be part
                of a URL.
        """
        body = encode_request(model, request)
        name = path_name(model, PROVIDER_NAME, "model")  # an ARN has slashes, to be encoded
        path = f"/model/{name}/converse"
        if stream:
            return HttpRequest(path=f"{path}-stream", body=body, headers=_STREAM)
        return HttpRequest(path=path, body=body)

    def decode(self, body: bytes, request: ChatRequest, /) -> ChatResponse[Any]:
        """Translate a whole response.

        Raises:
            ChatModelError: The body tells of an error, or is not an answer.
        """
        return read_response(body, request)

    def framer(self) -> Framer:
        """Make the framer for one stream."""
        return EventStreamFramer()

    def stream_decoder(self, request: ChatRequest, /) -> StreamDecoder:
        """Make the decoder for the stream that answers a request."""
        return ConverseDecoder(request)

    def decode_failure(self, failure: HttpFailure, /) -> ChatModelError:
        """Translate a failure."""
        return read_failure(failure)

    def encode_models(self) -> HttpRequest:
        """Give the request that lists the models that write text ("ListFoundationModels")."""
        path = f"{self._control_url}/foundation-models?byOutputModality=TEXT"
        return HttpRequest(method="GET", path=path)

    def decode_models(self, body: bytes, /) -> Sequence[ModelInfo]:
        """Translate the listing.

        Raises:
            ResponseInvalidError: The body is no such listing.
        """
        return read_models(body)

    def encode_health(self) -> HttpRequest:
        """Give the cheapest request to where the models are ("ListAsyncInvokes")."""
        return HttpRequest(method="GET", path="/async-invoke?maxResults=1")

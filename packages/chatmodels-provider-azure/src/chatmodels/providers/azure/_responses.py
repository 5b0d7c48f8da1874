"""The Responses API at Azure's v1 endpoints; imported with the first model asked through it."""

from collections.abc import Sequence

from msgspec.structs import replace

from chatmodels.core import ChatRequest, ModelInfo
from chatmodels.http import HttpRequest
from chatmodels.openai_compatible.responses import ResponsesCodec, ResponsesDialect
from chatmodels.providers.azure._address import Address
from chatmodels.providers.azure._dialect import server_at
from chatmodels.providers.azure._listing import read_models


class AzureResponsesCodec(ResponsesCodec):
    """A `ChatCodec` for the Responses API of a resource ("Azure OpenAI Responses API").

    Args:
        address: The v1 endpoint.
        deployment: What the model is deployed as; empty if the model is named so.
        bearer: Whether the secret is a token instead of an API key.
    """

    __slots__ = ("_deployment",)

    def __init__(self, address: Address, deployment: str = "", *, bearer: bool = False) -> None:
        dialect = ResponsesDialect(name="azure", path=address.responses)
        super().__init__(replace(dialect, **server_at(address, bearer=bearer)))
        self._deployment = deployment

    def encode(self, model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
        """Translate a request.

        Raises:
            UnsupportedError: The dialect cannot express something; the message lists everything.
            InvalidRequestError: Something in it is not JSON, or no id.
        """
        return super().encode(self._deployment or model, request, stream=stream)

    def decode_models(self, body: bytes, /) -> Sequence[ModelInfo]:
        """Translate the listing: of models that can be deployed, not of deployments.

        Raises:
            ResponseInvalidError: The body is no such listing.
        """
        return read_models(body)

"""The codec: that of chat completions, with Azure's addresses, deployments and listing."""

from collections.abc import Sequence

from msgspec.structs import replace

from chatmodels.core import ChatRequest, ModelInfo
from chatmodels.http import HttpRequest
from chatmodels.openai_compatible import ChatCompletionsCodec
from chatmodels.providers.azure._address import Address
from chatmodels.providers.azure._dialect import dialect_at
from chatmodels.providers.azure._listing import read_models


class AzureCodec(ChatCompletionsCodec):
    """A `ChatCodec` for one endpoint of a resource.

    Args:
        address: The endpoint.
        deployment: What the model is deployed as; empty if the model is named so.
        bearer: Whether the secret is a token instead of an API key.
    """

    __slots__ = ("_address", "_deployment")

    def __init__(self, address: Address, deployment: str = "", *, bearer: bool = False) -> None:
        super().__init__(dialect_at(address, bearer=bearer))
        self._address = address
        self._deployment = deployment

    def encode(self, model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
        """Translate a request.

        Raises:
            UnsupportedError: The dialect cannot express something; the message lists everything.
            InvalidRequestError: Something in it is not JSON, or the deployment's name cannot be
                part of a URL.
        """
        deployment = self._deployment or model
        path = self._address.chat(deployment)
        return replace(super().encode(deployment, request, stream=stream), path=path)

    def decode_models(self, body: bytes, /) -> Sequence[ModelInfo]:
        """Translate the listing: of models that can be deployed, not of deployments.

        Raises:
            ResponseInvalidError: The body is no such listing.
        """
        return read_models(body)

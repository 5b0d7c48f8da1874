"""A provider that is reached by HTTP: its metadata and its codec, and nothing else."""

from collections.abc import Callable, Sequence

from chatmodels.core import (
    ChatModelError,
    HealthReport,
    ModelInfo,
    ProviderMetadata,
    ProviderOptions,
    UnsupportedError,
)
from chatmodels.http._bodies import read_whole
from chatmodels.http._caller import Caller
from chatmodels.http._codec import ChatCodec
from chatmodels.http._health import check_health
from chatmodels.http._limits import limits_of_one
from chatmodels.http._model import HttpChatModel, known_model
from chatmodels.http._reading import listed

CodecFactory = Callable[[ProviderOptions], ChatCodec]


class HttpProvider:
    """A `Provider` from metadata and a codec.

    Args:
        metadata: What the provider is.
        codec: Its wire format, or what chooses one by the options of a model.
    """

    def __init__(self, metadata: ProviderMetadata, codec: ChatCodec | CodecFactory) -> None:
        self.metadata = metadata
        self._codec: CodecFactory = (lambda _: codec) if isinstance(codec, ChatCodec) else codec

    def create_chat_model(self, model: str, options: ProviderOptions, /) -> HttpChatModel:
        """Make a model; no request is sent.

        Raises:
            ConfigurationError: There is no address, or a client passed is of no known kind.
        """
        return HttpChatModel(self.metadata, model, self._codec(options), options)

    def model_info(self, model: str, /) -> ModelInfo:
        """Describe a model from what the package knows."""
        return known_model(self.metadata, model)

    def check_health(self, options: ProviderOptions, /) -> HealthReport:
        """Make the cheapest request that proves address and credentials."""
        try:
            caller = self._caller(options)
        except ChatModelError as error:
            return HealthReport(
                provider=self.metadata.name,
                status="unknown",
                message=error.message,
                code=error.code,
            )
        return check_health(caller, options.timeout)

    def list_models(self, options: ProviderOptions, /) -> Sequence[ModelInfo]:
        """Ask the vendor which models there are.

        Raises:
            UnsupportedError: The vendor has no listing.
            ChatModelError: The request failed.
        """
        caller = self._caller(options)
        name = self.metadata.name
        request = caller.codec.encode_models()
        if request is None:
            raise UnsupportedError(f"{name} has no listing of models", op="list_models")
        limits = limits_of_one(options.timeout, name)
        try:
            answer = caller.open(request, limits, None)
            body = read_whole(answer, limits, name)
            return listed(caller, answer, body)
        except ChatModelError as error:
            raise error.located(op="list_models", provider=name)

    def _caller(self, options: ProviderOptions) -> Caller:
        return Caller(self.metadata, self._codec(options), options)

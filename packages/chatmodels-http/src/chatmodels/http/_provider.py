"""A provider that is reached by HTTP: its metadata and its codec, and nothing else."""

from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import aclosing
from typing import TypeVar

from chatmodels.core import ChatModelError, HealthReport, ModelInfo
from chatmodels.core.extending import ProviderMetadata, ProviderOptions
from chatmodels.http._codec.codec import Codec
from chatmodels.http._exchange import HttpRequest
from chatmodels.http._framing.frames import Frame, Framer
from chatmodels.http._health import check_health
from chatmodels.http._listing import alist_models, list_models
from chatmodels.http._model import HttpChatModel, known_model
from chatmodels.http._progress import afollow, follow
from chatmodels.http._sender import Sender
from chatmodels.http._signing import SignerFactory

T = TypeVar("T")

CodecFactory = Callable[[ProviderOptions], Codec]
"""Function that returns the codec for the options of a model."""

OptionsRule = Callable[[ProviderOptions], ProviderOptions]
"""Function that completes or checks the options of a model."""


class HttpProvider:
    """A `Provider` from metadata and a codec.

    Args:
        metadata: The metadata of the provider.
        codec: Its wire format, or what chooses one by the options of a model.
        complete: Fills in what follows from other options, as an address from a region; what it
            gives is what everything else gets.
        signers: Chooses what signs requests, where a secret in a header is not enough.

    Raises:
        TypeError: The codec is neither a `Codec` nor callable.
    """

    def __init__(
        self,
        metadata: ProviderMetadata,
        codec: Codec | CodecFactory,
        *,
        complete: OptionsRule = lambda options: options,
        signers: SignerFactory = lambda _: None,
    ) -> None:
        if not isinstance(codec, Codec) and not callable(codec):
            raise TypeError(
                f"the codec of a provider is a Codec or a function that returns one, not "
                f"{type(codec).__name__}"
            )
        self.metadata = metadata
        self._codec: CodecFactory = (lambda _: codec) if isinstance(codec, Codec) else codec
        self._complete = complete
        self._signers = signers

    def create_chat_model(self, model: str, options: ProviderOptions, /) -> HttpChatModel:
        """Make a model; no request is sent.

        Raises:
            ConfigurationError: There is no address, or a client passed is of no known kind.
            UnsupportedError: Settings in the options cannot be honoured.
        """
        given, options = options, self._complete(options)
        codec, signers = self._codec(options), self._signers(options)
        return HttpChatModel(self.metadata, model, codec, options, signers=signers, given=given)

    def model_info(self, model: str, /) -> ModelInfo:
        """Describe a model from what the package knows."""
        return known_model(self.metadata, model)

    def families(self, options: ProviderOptions, /) -> Sequence[str]:
        """List the families of models whose abilities may differ.

        A model's `profile` describes its abilities.

        Args:
            options: The options of a model, which can choose the API and its address.

        Returns:
            Patterns of names, such as "claude-opus-5*". A name belongs to the first that it
            matches; the last matches every name.

        Raises:
            ConfigurationError: The options are not valid.
        """
        return self._codec(self._complete(options)).families

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
        """Request the models that the vendor lists, all pages of them.

        Raises:
            UnsupportedError: The vendor has no listing.
            ChatModelError: A request failed.
        """
        try:
            return list_models(self._caller(options), options.timeout)
        except ChatModelError as error:
            raise error.located(op="list_models", provider=self.metadata.name)

    async def alist_models(self, options: ProviderOptions, /) -> Sequence[ModelInfo]:
        """Request the models that the vendor lists, awaited; the twin of `list_models`."""
        try:
            return await alist_models(self._caller(options), options.timeout)
        except ChatModelError as error:
            raise error.located(op="list_models", provider=self.metadata.name)

    def follow(
        self,
        options: ProviderOptions,
        request: HttpRequest,
        framer: Framer,
        decode: Callable[[Frame], T],
        /,
        *,
        op: str,
    ) -> Generator[T]:
        """Send a request and give what its frames tell, as they come.

        It is for what goes on at a provider and is no chat, such as the download of a model. To
        close the generator closes the connection.

        Args:
            options: Where the provider is. Time limits are those of a stream.
            request: What to send.
            framer: Cuts the answer into frames.
            decode: Reads a frame, or raises the error that it tells.
            op: The name of the operation, for errors.

        Raises:
            ChatModelError: The request or a frame failed, or time is up.
        """
        try:
            yield from follow(self._caller(options), request, framer, decode, options.timeout)
        except ChatModelError as error:
            raise error.located(op=op, provider=self.metadata.name)

    async def afollow(
        self,
        options: ProviderOptions,
        request: HttpRequest,
        framer: Framer,
        decode: Callable[[Frame], T],
        /,
        *,
        op: str,
    ) -> AsyncGenerator[T]:
        """Send a request and give what its frames tell, awaited; the twin of `follow`."""
        try:
            caller = self._caller(options)
            async with aclosing(afollow(caller, request, framer, decode, options.timeout)) as steps:
                async for step in steps:
                    yield step
        except ChatModelError as error:
            raise error.located(op=op, provider=self.metadata.name)

    def _caller(self, options: ProviderOptions) -> Sender:
        options = self._complete(options)
        return Sender(self.metadata, self._codec(options), options, self._signers(options))

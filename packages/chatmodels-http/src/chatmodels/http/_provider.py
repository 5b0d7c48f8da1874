"""A provider with an HTTP API, made of metadata and a codec."""

from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import aclosing
from typing import TypeVar

from msgspec.structs import replace

from chatmodels.core import ChatModelError, ConfigurationError, HealthReport, ModelInfo
from chatmodels.core.extending import ProviderMetadata, ProviderOptions
from chatmodels.http._codec.codec import Codec
from chatmodels.http._exchange import HttpRequest
from chatmodels.http._framing.frames import Frame, Framer
from chatmodels.http._model import HttpChatModel, describe_model
from chatmodels.http._sender import Sender
from chatmodels.http._signing import SignerFactory

T = TypeVar("T")

CodecFactory = Callable[[ProviderOptions], Codec]
"""Function that returns the codec for the options of a model."""

OptionsRule = Callable[[ProviderOptions], ProviderOptions]
"""Function that completes or checks the options of a model."""


# The other operations of a provider are imported by their methods: most programs only call models.
class HttpProvider:
    """A `Provider` from metadata and a codec.

    Args:
        metadata: The metadata of the provider.
        codec: Its wire format, or a function that chooses one by the options of a model.
        complete: Returns the options with derived values filled in, such as an address from a
            region. All other functions receive the completed options.
        signers: Chooses the signers of requests, if a secret in a header is not sufficient.

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
        if not isinstance(codec, Codec) and (isinstance(codec, type) or not callable(codec)):
            raise TypeError(
                "the codec of a provider is a Codec or a function that returns one, not "
                f"{_described(codec)}"
            )
        self.metadata = metadata
        self._codec: CodecFactory = (
            (lambda _: codec) if isinstance(codec, Codec) else _checked(codec, metadata.name)
        )
        self._complete = complete
        self._signers = signers

    def create_chat_model(self, model: str, options: ProviderOptions, /) -> HttpChatModel:
        """Create a model; no request is sent.

        Raises:
            ConfigurationError: There is no base URL, or a client is of an unknown type.
            UnsupportedError: The model does not support settings in the options.
        """
        given, options = options, self._complete(options)
        codec, signers = self._codec(options), self._signers(options)
        metadata = self.metadata_for(options)
        return HttpChatModel(metadata, model, codec, options, signers=signers, given=given)

    def metadata_for(self, options: ProviderOptions, /) -> ProviderMetadata:
        """Return the metadata of models with some options: those of the provider by default.

        A subclass overrides it if options choose the name that errors and telemetry contain. It
        does not raise an error for wrong options.
        """
        return self.metadata

    def with_metadata(self, metadata: ProviderMetadata, /) -> "HttpProvider":
        """Return a copy of the provider with other metadata, such as another name and address."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.metadata = metadata
        return copy

    def model_info(self, model: str, /) -> ModelInfo:
        """Describe a model from the metadata of the package."""
        return describe_model(self.metadata, model)

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
        """Send the cheapest request that verifies address and credentials."""
        from chatmodels.http._health import check_health

        try:
            sender = self._sender(options)
        except ChatModelError as error:
            return HealthReport(
                provider=self.metadata_for(options).name,
                status="unknown",
                message=error.message,
                code=error.code,
            )
        return check_health(sender, options.timeout)

    def list_models(self, options: ProviderOptions, /) -> Sequence[ModelInfo]:
        """Request the vendor's list of models, with all of its pages.

        Raises:
            UnsupportedError: The vendor does not list its models.
            ChatModelError: A request failed.
        """
        from chatmodels.http._listing import list_models

        try:
            return list_models(self._sender(options), options.timeout)
        except ChatModelError as error:
            raise error.located(op="list_models", provider=self.metadata_for(options).name)

    async def alist_models(self, options: ProviderOptions, /) -> Sequence[ModelInfo]:
        """Async version of `list_models`."""
        from chatmodels.http._listing import alist_models

        try:
            return await alist_models(self._sender(options), options.timeout)
        except ChatModelError as error:
            raise error.located(op="list_models", provider=self.metadata_for(options).name)

    def fetch(
        self,
        options: ProviderOptions,
        request: HttpRequest,
        decode: Callable[[bytes], T],
        /,
        *,
        op: str,
        at_root: bool = False,
    ) -> T:
        """Send a request other than chat and return its decoded body, which is JSON.

        Args:
            options: The options of the provider. The total time limit applies.
            request: The request.
            decode: Decodes the body, or raises the error that it reports.
            op: The name of the operation, for errors.
            at_root: Whether the path is at the root of the server, not below `/v1`.

        Raises:
            ChatModelError: The request failed, or a time limit passed.
        """
        from chatmodels.http._fetching import fetch

        try:
            sender = self._sender(options)
            return fetch(sender, _placed(sender, request, at_root), decode, options.timeout)
        except ChatModelError as error:
            raise error.located(op=op, provider=self.metadata_for(options).name)

    async def afetch(
        self,
        options: ProviderOptions,
        request: HttpRequest,
        decode: Callable[[bytes], T],
        /,
        *,
        op: str,
        at_root: bool = False,
    ) -> T:
        """Async version of `fetch`."""
        from chatmodels.http._fetching import afetch

        try:
            sender = self._sender(options)
            return await afetch(sender, _placed(sender, request, at_root), decode, options.timeout)
        except ChatModelError as error:
            raise error.located(op=op, provider=self.metadata_for(options).name)

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
        """Send a request and yield decoded progress frames.

        Use this for long-running operations other than chat, such as pulling a model. Closing the
        generator closes the connection.

        Args:
            options: The options of the provider. Time limits are those of a stream.
            request: The request.
            framer: Splits the response into frames.
            decode: Decodes a frame, or raises the error that it reports.
            op: The name of the operation, for errors.

        Raises:
            ChatModelError: The request or a frame failed, or a time limit passed.
        """
        from chatmodels.http._progress import follow

        try:
            yield from follow(self._sender(options), request, framer, decode, options.timeout)
        except ChatModelError as error:
            raise error.located(op=op, provider=self.metadata_for(options).name)

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
        """Async version of `follow`."""
        from chatmodels.http._progress import afollow

        try:
            sender = self._sender(options)
            async with aclosing(afollow(sender, request, framer, decode, options.timeout)) as steps:
                async for step in steps:
                    yield step
        except ChatModelError as error:
            raise error.located(op=op, provider=self.metadata_for(options).name)

    def _sender(self, options: ProviderOptions) -> Sender:
        options = self._complete(options)
        metadata = self.metadata_for(options)
        return Sender(metadata, self._codec(options), options, self._signers(options))


def _described(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _checked(codec_of: CodecFactory, provider: str) -> CodecFactory:
    """Return a function that also checks the type of the codec."""

    def codec(options: ProviderOptions) -> Codec:
        codec = codec_of(options)
        if not isinstance(codec, Codec):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
            raise ConfigurationError(
                f"the codec function of {provider} returned {type(codec).__name__} instead of a "
                "Codec; its author has to correct it"
            )
        return codec

    return codec


def _placed(sender: Sender, request: HttpRequest, at_root: bool) -> HttpRequest:
    """Return a request at the root of the server, if it is not below its base URL."""
    if not at_root:
        return request
    return replace(request, path=sender.base_url.removesuffix("/v1") + request.path)

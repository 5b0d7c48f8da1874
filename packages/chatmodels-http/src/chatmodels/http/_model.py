"""A chat model with an HTTP API, made of a codec and a sender of requests."""

from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import msgspec

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    HealthReport,
    ModelInfo,
    Secret,
    StreamEvent,
    TokenCount,
    UnsupportedError,
    registry,
)
from chatmodels.core.extending import (
    BatchBackend,
    CallInfo,
    Explanation,
    Observer,
    Policy,
    ProviderMetadata,
    ProviderOptions,
    StandardChatModel,
    aresponse_of,
    is_credential,
    response_of,
)
from chatmodels.http._bodies import adrain, aread_body, drain, read_body
from chatmodels.http._codec.codec import Codec
from chatmodels.http._codec.endpoint import at_endpoint
from chatmodels.http._codec.mapped import mapped_settings
from chatmodels.http._codec.schema_support import TranslatedRequest, translate_request
from chatmodels.http._deadlines import Limits
from chatmodels.http._sender import Sender
from chatmodels.http._signing import AnySource
from chatmodels.http._stream import StreamReading, decode_response
from chatmodels.http._transport.engine import TransferError


class HttpChatModel(StandardChatModel):
    """A chat model from a codec: whole and streamed responses, sync and async.

    All models share the connections of the process, or of the event loop in async calls. A model
    can therefore be used in any thread and event loop and after a fork, and is cheap to copy and
    pickle. A model with an injected client cannot be pickled.

    Args:
        metadata: The provider.
        model: The model's name at the provider.
        codec: The wire format.
        options: The options of the user.
        policies: The policies of calls; by default retries, as `options` specify.
        observers: The observers of calls.
        signers: The source of credentials other than a fixed header.
        remedies: See `StandardChatModel`.
        given: The options before the provider completed them. If the provider is registered, a
            pickle consists of the names of provider and model, these options, policies and
            observers.

    Raises:
        ConfigurationError: The provider has no base URL, or a client is of an unknown type.
        UnsupportedError: The model does not support settings in the options.
    """

    def __init__(
        self,
        metadata: ProviderMetadata,
        model: str,
        codec: Codec,
        options: ProviderOptions,
        *,
        policies: Sequence[Policy] | None = None,
        observers: Sequence[Observer] = (),
        signers: AnySource | None = None,
        remedies: Mapping[str, str] | None = None,
        given: ProviderOptions | None = None,
    ) -> None:
        self._given = None if given is None or _has_credentials(given) else given
        base_url = options.base_url or metadata.base_url or ""
        codec = at_endpoint(codec, base_url, metadata.name)
        self._sender = Sender(metadata, codec, options, signers)
        self._schemas = codec.schemas(model)
        self._profile = codec.profile(model)
        self._lenient = options.on_unsupported == "warn"
        super().__init__(
            metadata.name,
            model,
            settings=options.settings,
            timeout=options.timeout,
            profile=self._profile,
            on_unsupported=options.on_unsupported,
            remedies={**codec.remedies, **(remedies or {})},
            policies=_retries(options.max_retries) if policies is None else policies,
            observers=observers,
            endpoint=self._sender.base_url,
            api=codec.api,
            prices=options.prices,
        )

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Pickle the names of provider and model and the options, without private classes."""
        metadata = self._sender.metadata
        if self._given is None or not _is_registered(metadata):
            return super().__reduce__()
        return HttpChatModel._unpickled, (
            metadata.name,
            self.model,
            self._given,
            self._policies,
            self._observers,
        )

    @classmethod
    def _unpickled(
        cls,
        provider: str,
        model: str,
        options: ProviderOptions,
        policies: tuple[Policy, ...],
        observers: tuple[Observer, ...],
    ) -> "HttpChatModel":
        restored = registry.provider(provider).create_chat_model(model, options)
        if not isinstance(restored, cls):
            raise ConfigurationError(
                f"the provider {provider!r} of a pickled model is not an HTTP provider here; "
                "install or register the provider that created the model",
                provider=provider,
                model=model,
            )
        restored._policies = policies
        restored._observers = observers
        return restored

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a model; from a pickle of 0.1.0, by its provider, its name and its options."""
        if "_sender" in state:
            super().__setstate__(state)
            return
        from chatmodels.http._former_pickles import create_again

        restored = create_again(state.pop("_caller"), state["model"])
        self.__dict__.update(state | restored.__dict__)
        self._policies, self._observers = state["_policies"], state["_observers"]

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        """Request a whole response from the provider, once."""
        sender = self._sender
        if sender.codec.streams_whole:
            return response_of(self.events(request, call), call)
        translated = self._translated(request)
        wire = sender.codec.encode(self.model, translated.request, stream=False)
        limits = Limits(call.timeout, self.provider, deadline=call.deadline)
        response = sender.open(wire, limits, self.model, call=call)
        body = read_body(response, limits, self.provider, sender.complete_error)
        return decode_response(sender, response, body, translated)

    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        """Async version of `respond`."""
        sender = self._sender
        if sender.codec.streams_whole:
            return await aresponse_of(self.aevents(request, call), call)
        translated = self._translated(request)
        wire = sender.codec.encode(self.model, translated.request, stream=False)
        limits = Limits(call.timeout, self.provider, deadline=call.deadline)
        response = await sender.aopen(wire, limits, self.model, call=call)
        body = await aread_body(response, limits, self.provider, sender.complete_error)
        return decode_response(sender, response, body, translated)

    def events(self, request: ChatRequest, call: CallInfo, /) -> Generator[StreamEvent]:
        """Request a streamed response from the provider, once."""
        sender = self._sender
        translated = self._translated(request)
        wire = sender.codec.encode(self.model, translated.request, stream=True)
        limits = Limits(call.timeout, self.provider, deadline=call.deadline, stream=True)
        response = sender.open(wire, limits, self.model, stream=True, call=call)
        reading = StreamReading(sender, response, translated, limits)
        try:
            if reading.whole:
                body = read_body(response, limits, self.provider, sender.complete_error)
                yield from reading.whole_events(body)
            else:
                while (chunk := response.read()) is not None:
                    for event in reading.events(chunk):
                        if reading.ended:
                            drain(response, limits)
                        yield event
                    if reading.ended:
                        return
                yield from reading.last_events()
        except TransferError as error:
            raise reading.error(error) from error.__cause__
        finally:
            response.close()

    async def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncGenerator[StreamEvent]:
        """Async version of `events`."""
        sender = self._sender
        translated = self._translated(request)
        wire = sender.codec.encode(self.model, translated.request, stream=True)
        limits = Limits(call.timeout, self.provider, deadline=call.deadline, stream=True)
        response = await sender.aopen(wire, limits, self.model, stream=True, call=call)
        reading = StreamReading(sender, response, translated, limits)
        try:
            if reading.whole:
                body = await aread_body(response, limits, self.provider, sender.complete_error)
                for event in reading.whole_events(body):
                    yield event
            else:
                while (chunk := await response.read()) is not None:
                    for event in reading.events(chunk):
                        if reading.ended:
                            await adrain(response, limits)
                        yield event
                    if reading.ended:
                        return
                for event in reading.last_events():
                    yield event
        except TransferError as error:
            raise reading.error(error) from error.__cause__
        finally:
            await response.aclose()

    def explanation(self, request: ChatRequest, /) -> Explanation:
        """Return the request that `respond` would send, with secrets masked and not fetched."""
        codec = self._sender.codec
        translated = self._translated(request)
        encode = partial(codec.encode, self.model, stream=codec.streams_whole)
        wire = encode(translated.request)
        body = msgspec.json.decode(wire.body) if wire.body else None
        url, headers = self._sender.preview(wire, stream=codec.streams_whole)
        return Explanation(
            method=wire.method,
            url=url,
            headers=headers,
            body=body,
            mapped=mapped_settings(translated.request, wire, body, self.profile, encode),
            warnings=translated.warnings,
        )

    def token_count(self, request: ChatRequest, /) -> TokenCount:
        """Count the input tokens of a request with the vendor's endpoint, or estimate them."""
        from chatmodels.http._counting import count_tokens

        within = request.timeout or self._defaults.timeout
        return count_tokens(self._sender, self.model, self._translated(request), within)

    async def atoken_count(self, request: ChatRequest, /) -> TokenCount:
        """Async version of `token_count`."""
        from chatmodels.http._counting import acount_tokens

        within = request.timeout or self._defaults.timeout
        return await acount_tokens(self._sender, self.model, self._translated(request), within)

    def _translated(self, request: ChatRequest) -> TranslatedRequest:
        return translate_request(
            request, self._schemas, self.provider, profile=self._profile, lenient=self._lenient
        )

    def batch_backend(self) -> BatchBackend:
        """Return the batch API of the model.

        Raises:
            UnsupportedError: The vendor has none for this model.
            ConfigurationError: It has one, but not with the options of this model.
        """
        from chatmodels.http._batches import HttpBatchBackend

        codec = self._sender.codec
        batches, remedy = codec.batches, codec.without_batches
        if batches is None:
            kind = UnsupportedError if remedy is None else ConfigurationError
            reason = "that chatmodels supports" if remedy is None else "with these options"
            raise kind(
                f"{self.provider}{f' ({codec.api})' if codec.api else ''} has no batch API "
                f"{reason}; {f'{remedy}, or ' if remedy else ''}call the model instead",
                provider=self.provider,
                model=self.model,
            )
        return HttpBatchBackend(
            self._sender,
            self.model,
            batches() if callable(batches) else batches,
            self._translated,
            self._defaults.timeout,
        )

    def model_info(self) -> ModelInfo:
        """Describe the model from the metadata of the provider package."""
        return describe_model(self._sender.metadata, self.model)

    def probe(self) -> HealthReport:
        """Send the cheapest request that verifies address and credentials; it never raises."""
        from chatmodels.http._health import check_health

        return check_health(self._sender, self._defaults.timeout)

    async def aprobe(self) -> HealthReport:
        """Async version of `probe`."""
        from chatmodels.http._health import acheck_health

        return await acheck_health(self._sender, self._defaults.timeout)


def describe_model(metadata: ProviderMetadata, model: str, /) -> ModelInfo:
    """Describe a model from the metadata of a provider package."""
    for info in metadata.models:
        if info.name == model:
            return info
    return ModelInfo(name=model, provider=metadata.name)


def _has_credentials(options: ProviderOptions) -> bool:
    """Report whether an object or a function provides credentials: not all of these pickle."""
    return any(
        is_credential(name) and not isinstance(value, Secret | str | None)
        for name, value in options.extra.items()
    )


def _is_registered(metadata: ProviderMetadata) -> bool:
    name = metadata.name
    return registry.is_registered(name) and registry.provider(name).metadata is metadata


@lru_cache
def _retries(max_retries: int) -> tuple[Policy, ...]:
    if not max_retries:
        return ()
    from chatmodels.resilience import Retry

    return (Retry(max_retries=max_retries),)

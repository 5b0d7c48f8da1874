"""A chat model that is reached by HTTP: a codec and the machinery that moves bytes."""

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
    registry,
)
from chatmodels.core.extending import (
    CallInfo,
    Explanation,
    Observer,
    Policy,
    ProviderMetadata,
    ProviderOptions,
    StandardChatModel,
    is_credential,
)
from chatmodels.http._bodies import adrain, aread_body, drain, read_body
from chatmodels.http._codec.codec import Codec
from chatmodels.http._codec.endpoint import at_endpoint
from chatmodels.http._codec.mapped import mapped_settings
from chatmodels.http._codec.schema_support import TranslatedRequest, translate_request
from chatmodels.http._deadlines import Limits
from chatmodels.http._health import acheck_health, check_health
from chatmodels.http._sender import Sender
from chatmodels.http._signing import SignerSource
from chatmodels.http._stream import StreamReading, decoded
from chatmodels.http._transport.engine import TransferError


class HttpChatModel(StandardChatModel):
    """A chat model from a codec: whole and streamed, blocking and awaited.

    It holds no connection: these belong to the process (and, awaited, to the event loop), and are
    shared by all models. So it works in any thread and loop and after a fork, and copies and
    pickles cost nothing; a model with an injected client does not pickle.

    Args:
        metadata: The provider.
        model: The model's name at the provider.
        codec: The wire format.
        options: What the user wants.
        policies: What decides how calls are made; by default retries, as `options` says.
        observers: What watches calls.
        signers: Where credentials come from that are no fixed header.
        remedies: See `StandardChatModel`.
        given: The options that its provider made it with. If the provider is registered, a pickle
            consists of the names of provider and model, these options, policies and observers.

    Raises:
        ConfigurationError: The provider has no address, or a client passed is of no known kind.
        UnsupportedError: The settings in the options cannot be honoured.
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
        signers: SignerSource | None = None,
        remedies: Mapping[str, str] | None = None,
        given: ProviderOptions | None = None,
    ) -> None:
        self._given = None if given is None or _has_credentials(given) else given
        base_url = options.base_url or metadata.base_url or ""
        codec = at_endpoint(codec, base_url, metadata.name)
        self._caller = Sender(metadata, codec, options, signers)
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
            remedies=remedies,
            policies=_retries(options.max_retries) if policies is None else policies,
            observers=observers,
            endpoint=self._caller.base_url,
            api=codec.api,
        )

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Pickle the names of provider and model, with the options: no private class is named."""
        metadata = self._caller.metadata
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
        made = registry.provider(provider).create_chat_model(model, options)
        if not isinstance(made, cls):
            raise ConfigurationError(
                f"the provider {provider!r} of a pickled model is another one here, without HTTP; "
                "install or register the provider that the model was made with",
                provider=provider,
                model=model,
            )
        made._policies = policies
        made._observers = observers
        return made

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a model; of a pickle of 0.1.0, from its provider, its name and its options."""
        caller = state["_caller"]
        if isinstance(caller, Sender):
            super().__setstate__(state)
            return
        from chatmodels.http._former_pickles import created_again

        made = created_again(caller, state["model"])
        self.__dict__.update(state | made.__dict__)
        self._policies, self._observers = state["_policies"], state["_observers"]

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        """Ask the provider once for a whole answer."""
        caller = self._caller
        translated = self._translated(request)
        wire = caller.codec.encode(self.model, translated.request, stream=False)
        limits = Limits(call.timeout, self.provider, deadline=call.deadline)
        answer = caller.open(wire, limits, self.model, more=call.headers, exchanges=call.exchanges)
        body = read_body(answer, limits, self.provider, caller.finished)
        return decoded(caller, answer, body, translated)

    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        """Ask the provider once for a whole answer, awaited."""
        caller = self._caller
        translated = self._translated(request)
        wire = caller.codec.encode(self.model, translated.request, stream=False)
        limits = Limits(call.timeout, self.provider, deadline=call.deadline)
        answer = await caller.aopen(
            wire, limits, self.model, more=call.headers, exchanges=call.exchanges
        )
        body = await aread_body(answer, limits, self.provider, caller.finished)
        return decoded(caller, answer, body, translated)

    def events(self, request: ChatRequest, call: CallInfo, /) -> Generator[StreamEvent]:
        """Ask the provider once for a streamed answer."""
        caller = self._caller
        translated = self._translated(request)
        wire = caller.codec.encode(self.model, translated.request, stream=True)
        limits = Limits(call.timeout, self.provider, deadline=call.deadline, stream=True)
        answer = caller.open(
            wire, limits, self.model, stream=True, more=call.headers, exchanges=call.exchanges
        )
        reading = StreamReading(caller, answer, translated, limits)
        try:
            if reading.whole:
                body = read_body(answer, limits, self.provider, caller.finished)
                yield from reading.whole_events(body)
            else:
                while (piece := answer.read()) is not None:
                    for event in reading.events(piece):
                        if reading.ended:
                            drain(answer, limits)
                        yield event
                    if reading.ended:
                        return
                yield from reading.last_events()
        except TransferError as error:
            raise reading.error(error) from error.__cause__
        finally:
            answer.close()

    async def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncGenerator[StreamEvent]:
        """Ask the provider once for a streamed answer, awaited."""
        caller = self._caller
        translated = self._translated(request)
        wire = caller.codec.encode(self.model, translated.request, stream=True)
        limits = Limits(call.timeout, self.provider, deadline=call.deadline, stream=True)
        answer = await caller.aopen(
            wire, limits, self.model, stream=True, more=call.headers, exchanges=call.exchanges
        )
        reading = StreamReading(caller, answer, translated, limits)
        try:
            if reading.whole:
                body = await aread_body(answer, limits, self.provider, caller.finished)
                for event in reading.whole_events(body):
                    yield event
            else:
                while (piece := await answer.read()) is not None:
                    for event in reading.events(piece):
                        if reading.ended:
                            await adrain(answer, limits)
                        yield event
                    if reading.ended:
                        return
                for event in reading.last_events():
                    yield event
        except TransferError as error:
            raise reading.error(error) from error.__cause__
        finally:
            await answer.aclose()

    def explanation(self, request: ChatRequest, /) -> Explanation:
        """Show the HTTP request that `respond` would make, secrets masked and functions unasked."""
        codec = self._caller.codec
        translated = self._translated(request)
        encode = partial(codec.encode, self.model, stream=False)
        wire = encode(translated.request)
        body = msgspec.json.decode(wire.body) if wire.body else None
        url, headers = self._caller.explained(wire)
        return Explanation(
            method=wire.method,
            url=url,
            headers=headers,
            body=body,
            mapped=mapped_settings(translated.request, wire, body, self.profile, encode),
            warnings=translated.warnings,
        )

    def _translated(self, request: ChatRequest) -> TranslatedRequest:
        return translate_request(
            request, self._schemas, self.provider, profile=self._profile, lenient=self._lenient
        )

    def model_info(self) -> ModelInfo:
        """Describe the model from what the provider package knows."""
        return known_model(self._caller.metadata, self.model)

    def probe(self) -> HealthReport:
        """Make the cheapest request that proves address and credentials; it never raises."""
        return check_health(self._caller, self._defaults.timeout)

    async def aprobe(self) -> HealthReport:
        """Make the cheapest request that proves address and credentials, awaited."""
        return await acheck_health(self._caller, self._defaults.timeout)


def known_model(metadata: ProviderMetadata, model: str, /) -> ModelInfo:
    """Describe a model from what a provider package knows."""
    for known in metadata.models:
        if known.name == model:
            return known
    return ModelInfo(name=model, provider=metadata.name)


def _has_credentials(options: ProviderOptions) -> bool:
    """Return whether an object or a function provides credentials: its signer pickles it or not."""
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

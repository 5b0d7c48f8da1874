"""The operations that a provider implements, and default implementations of the others."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.fallbacks import (
    aevents_in_thread,
    aresponse_of,
    events_of,
    in_thread,
    response_of,
)
from chatmodels.core._errors.classes import InternalError, UnsupportedError
from chatmodels.core._values.events import StreamEvent
from chatmodels.core._values.metadata import Explanation, HealthReport, ModelInfo
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse
from chatmodels.core._values.token_count import TokenCount


class Primitives:
    """The operations that a model implements: at least one of `respond` and `events`.

    The others have defaults: events from a response, a response from events, and async forms in
    worker threads.

    Args:
        provider: The provider's registered name.
        model: The model's name at the provider.

    Raises:
        InternalError: The subclass has neither `respond` nor `events`.
    """

    def __init__(self, provider: str, model: str, /) -> None:
        cls = type(self)
        if cls.respond is Primitives.respond and cls.events is Primitives.events:
            raise InternalError(
                f"{cls.__qualname__} cannot generate responses; implement respond() or events()",
                provider=provider,
                model=model,
            )
        self.provider = provider
        self.model = model

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        """Request a response from the provider, once.

        Args:
            request: The request.
            call: The logical call of this attempt, with its time limits and deadline.

        Raises:
            ChatModelError: The attempt failed.
        """
        return response_of(self.events(request, call), call)

    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        """Request a response from the provider, once; the async version of `respond`.

        By default in a worker thread, or from `aevents` if only that is implemented.
        """
        if (
            type(self).respond is Primitives.respond
            and type(self).aevents is not Primitives.aevents
        ):
            return await aresponse_of(self.aevents(request, call), call)
        return await in_thread(self.respond, request, call)

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        """Request a streamed response from the provider, once; implement it as a generator.

        The generator is closed when the stream is left, and must then close its connection. It
        yields a `StreamEnd` (without a response) if and only if the response is complete.
        """
        return events_of(self.respond(request, call))

    def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        """Request a streamed response; the async version of `events`, by default in threads."""
        if type(self).events is Primitives.events:
            return self._aevents_of_response(request, call)
        return aevents_in_thread(lambda: self.events(request, call), call)

    async def _aevents_of_response(
        self, request: ChatRequest, call: CallInfo
    ) -> AsyncIterator[StreamEvent]:
        for event in events_of(await self.arespond(request, call)):
            yield event

    def explanation(self, request: ChatRequest, /) -> Explanation:
        """Describe the HTTP request that `respond` would send.

        Raises:
            UnsupportedError: The provider does not use HTTP.
        """
        raise UnsupportedError(f"{self.provider} does not send HTTP requests to explain")

    def token_count(self, request: ChatRequest, /) -> TokenCount:
        """Count the input tokens of a request; by default an estimate, without a request.

        Raises:
            ChatModelError: The vendor did not count them.
        """
        from chatmodels.core._values.token_estimate import estimated_tokens

        return TokenCount(
            input_tokens=estimated_tokens(request),
            is_estimate=True,
            method="estimate",
            note=f"{self.provider} has no endpoint that counts tokens",
        )

    async def atoken_count(self, request: ChatRequest, /) -> TokenCount:
        """Count the input tokens of a request; the async version of `token_count`."""
        if type(self).token_count is Primitives.token_count:
            return self.token_count(request)
        return await in_thread(self.token_count, request)

    def model_info(self) -> ModelInfo:
        """Describe the model from the provider package's own data, without a request."""
        return ModelInfo(name=self.model, provider=self.provider)

    def probe(self) -> HealthReport:
        """Send the cheapest request that verifies address and credentials; by default none.

        Failures are reported, not raised.
        """
        return HealthReport(
            provider=self.provider, status="unknown", message="the provider has no health check"
        )

    async def aprobe(self) -> HealthReport:
        """Send the cheapest request that verifies address and credentials; async."""
        return await in_thread(self.probe)

    def close(self) -> None:
        """Release the resources of the model; by default none."""

    async def aclose(self) -> None:
        """Release the resources of the model; by default with `close`, in a worker thread."""
        if type(self).close is not Primitives.close:
            await in_thread(self.close)

"""The operations that are particular to a provider, and what stands in for the missing ones."""

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


class Primitives:
    """What an implementer brings: at least one of `respond` and `events`.

    What is missing is made from what is there: events from a response, a response from events,
    the asynchronous forms by worker threads.

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
                f"{cls.__qualname__} can answer nothing; give it a method respond() or events()",
                provider=provider,
                model=model,
            )
        self.provider = provider
        self.model = model

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        """Ask the provider once for a whole answer.

        Args:
            request: What to ask.
            call: The logical call that this attempt belongs to: its time limits and deadline.

        Raises:
            ChatModelError: The attempt failed.
        """
        return response_of(self.events(request, call), call)

    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        """Ask the provider once for a whole answer, awaited.

        By default in a worker thread, or from `aevents` where that is all there is.
        """
        if (
            type(self).respond is Primitives.respond
            and type(self).aevents is not Primitives.aevents
        ):
            return await aresponse_of(self.aevents(request, call), call)
        return await in_thread(self.respond, request, call)

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        """Ask the provider once for a streamed answer; write it as a generator.

        The generator is closed when the stream is left, and must then close its connection. It
        yields a `StreamEnd` (without a response) when, and only when, the answer is complete.
        """
        return events_of(self.respond(request, call))

    def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        """Ask the provider once for a streamed answer, awaited; by default in worker threads."""
        if type(self).events is Primitives.events:
            return self._aevents_of_response(request, call)
        return aevents_in_thread(lambda: self.events(request, call), call)

    async def _aevents_of_response(
        self, request: ChatRequest, call: CallInfo
    ) -> AsyncIterator[StreamEvent]:
        for event in events_of(await self.arespond(request, call)):
            yield event

    def explanation(self, request: ChatRequest, /) -> Explanation:
        """Show the HTTP request that `respond` would make.

        Raises:
            UnsupportedError: The provider speaks no HTTP.
        """
        raise UnsupportedError(f"{self.provider} makes no HTTP requests that could be explained")

    def model_info(self) -> ModelInfo:
        """Describe the model from what the provider package knows."""
        return ModelInfo(name=self.model, provider=self.provider)

    def probe(self) -> HealthReport:
        """Make the cheapest request that proves address and credentials; by default none.

        Failures are reported, not raised.
        """
        return HealthReport(
            provider=self.provider, status="unknown", message="the provider has no health check"
        )

    async def aprobe(self) -> HealthReport:
        """Make the cheapest request that proves address and credentials, awaited."""
        return await in_thread(self.probe)

    def close(self) -> None:
        """Release what the model holds: by default nothing."""

    async def aclose(self) -> None:
        """Release what the model holds: by default as `close` does, in a worker thread."""
        if type(self).close is not Primitives.close:
            await in_thread(self.close)

"""Performs the sends of a call, whole and streamed, sync and async."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from itertools import chain
from operator import is_
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from msgspec.structs import astuple, replace

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.closing import aclose, close
from chatmodels.core._calls.completion import collected_response, parsed_response
from chatmodels.core._calls.effects import Send, Suspended
from chatmodels.core._calls.exchange import end_exchanges
from chatmodels.core._calls.failures import interrupted, located
from chatmodels.core._calls.fallbacks import aresponse_of, response_of
from chatmodels.core._calls.forwarding import AsyncForwardedEvents, ForwardedEvents
from chatmodels.core._calls.prepare import Defaults, negotiated
from chatmodels.core._calls.primitives import Primitives
from chatmodels.core._calls.started import StartedStream
from chatmodels.core._errors.classes import ChatModelError
from chatmodels.core._errors.codes import ErrorCode
from chatmodels.core._values.events import StreamEvent
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse

if TYPE_CHECKING:
    from chatmodels.core._tools.output import Output

Outcome = TypeVar("Outcome")


class _Sender(Generic[Outcome]):
    """Performs the sends of a call, or of a branch of it, and keeps their outcomes.

    Args:
        model: The model of the call.
        call: The call.
        defaults: The defaults of the model.
        output: The parser of the output.

    Attributes:
        outcomes: All outcomes, in order.
    """

    def __init__(
        self,
        model: Primitives,
        call: CallInfo,
        defaults: Defaults,
        output: "Output[Any] | None" = None,
    ) -> None:
        self.model = model
        self.call = call
        self.defaults = defaults
        self.output = output
        self.outcomes: list[Outcome] = []
        self._own: Outcome | None = None
        self._others: list[Outcome] = []

    def branch(self) -> Self:
        """Return a sender for a branch of the call."""
        return type(self)(self.model, self.call.branch(), self.defaults, self.output)

    def absorb(self, other: Self, /) -> None:
        """Add the outcomes of a branch that has ended."""
        self.outcomes += other.outcomes
        self._others += other._others
        self._own = other._own or self._own

    def close(self) -> None:
        """Close the outcomes of a branch that ends after the race."""

    def forward(self, suspended: Suspended, /) -> object:
        """Return the outcome of a policy; a complete response needs no continuation."""
        suspended.flow.close()
        return suspended.effect.outcome

    def begin(self, effect: Send) -> None:
        """Record the begin of an attempt.

        Raises:
            ChatModelError: It belongs to a branch whose race is over, such as a retry.
        """
        if self.call.outcome != "pending":
            raise ChatModelError("another attempt responded first", code=ErrorCode.CANCELLED)
        self.call.attempts += 1
        self.call.is_delegated = effect.model is not None

    def add(self, outcome: Outcome, effect: Send) -> Outcome:
        """Record an outcome, and return it."""
        self.outcomes.append(outcome)
        if effect.model is None:
            self._own = outcome
        else:
            self._others.append(outcome)
        return outcome

    def supported(self, request: ChatRequest) -> ChatRequest:
        """Return the part of a request that this model supports."""
        call = self.call
        if request is not call.full_request or not call.is_checked:  # a policy changed it
            if call.is_checked and _differs_in_timeout_only(request, call.full_request):
                call.request = replace(call.request, timeout=request.timeout)
            else:
                call.request, call.warnings = negotiated(request, self.defaults)
                call.is_checked = True
            call.full_request = request
        return call.request

    def failed(self, error: Exception, origin: tuple[str, str] | None) -> ChatModelError:
        """Record that an attempt of a model failed, and return the error to raise."""
        call = self.call
        provider, model = origin or (call.provider, call.model)
        error = located(error, op=call.op, provider=provider, model=model)
        call.note_attempt_failed(error)
        return error

    def choose(self, outcome: object) -> None:
        """Record whether another model generated the outcome of the call.

        If a policy created the outcome itself, the last attempt decides.
        """
        if self._others:
            outcome = _opened(outcome)
            self.call.is_delegated = outcome is not self._own and (
                self.call.is_delegated or any(outcome is other for other in self._others)
            )

    def unused(self, used: Outcome | None, since: int = 0) -> list[Outcome]:
        """Return the outcomes that the policies do not use, after the first `since` ones."""
        opened = self.outcomes
        if len(opened) == 1 and used is opened[0]:
            return []
        opened, source = opened[since:], _opened(used)
        if used is not None and all(source is not other for other in opened):
            return []  # a policy created it, presumably from these
        return [other for other in opened if other is not source]


class WholeSender(_Sender[ChatResponse[Any]]):
    """Performs the sends of a non-streaming call."""

    def perform(self, effect: Send, /) -> ChatResponse[Any]:
        """Call the provider or another model."""
        self.begin(effect)
        call, output = self.call, self.output
        try:
            if effect.model is not None:
                response = effect.model.generate(effect.request)
            else:
                response = self.model.respond(self.supported(effect.request), call)
                if call.exchanges:
                    end_exchanges(call.exchanges)
            response = parsed_response(response, output, call)
        except Exception as error:
            raise self.failed(error, origin(effect))
        return self.add(response, effect)

    def collect(self, outcome: ChatResponse[Any], /) -> ChatResponse[Any]:
        """Parse the output of a response."""
        return collected_response(outcome, self.output, self.call)


class AsyncWholeSender(_Sender[ChatResponse[Any]]):
    """Performs the sends of a non-streaming call; async."""

    async def perform(self, effect: Send, /) -> ChatResponse[Any]:
        """Call the provider or another model."""
        self.begin(effect)
        call, output = self.call, self.output
        try:
            if effect.model is not None:
                response = await effect.model.agenerate(effect.request)
            else:
                response = await self.model.arespond(self.supported(effect.request), call)
                if call.exchanges:
                    end_exchanges(call.exchanges)
            response = parsed_response(response, output, call)
        except Exception as error:
            raise self.failed(error, origin(effect))
        return self.add(response, effect)

    async def collect(self, outcome: ChatResponse[Any], /) -> ChatResponse[Any]:
        """Parse the output of a response."""
        return collected_response(outcome, self.output, self.call)


class StreamSender(_Sender[StartedStream[Iterable[StreamEvent]]]):
    """Performs the sends of a streaming call, up to the first event."""

    def perform(self, effect: Send, /) -> StartedStream[Iterable[StreamEvent]]:
        """Call the provider or another model."""
        self.begin(effect)
        call, stream = self.call, None
        try:
            if effect.model is not None:
                stream = effect.model.stream(effect.request)
            else:
                stream = iter(self.model.events(self.supported(effect.request), call))
            first = next(stream, None)
            if first is None:
                raise interrupted(call)
        except BaseException as error:
            close(stream, call)
            raise self.failed(error, origin(effect)) if isinstance(error, Exception) else error
        return self.add(StartedStream(first, stream, origin(effect)), effect)

    def forward(self, suspended: Suspended, /) -> object:
        """Return the outcome of a policy, as a stream that the policy can continue."""
        stream: StartedStream[Iterable[StreamEvent]] | ChatResponse[Any]
        stream = suspended.effect.outcome
        if not isinstance(stream, StartedStream):
            return super().forward(suspended)
        events = ForwardedEvents(self, suspended, stream)
        return StartedStream(stream.first, events, stream.origin, stream.source or stream)

    def collect(
        self, outcome: StartedStream[Iterable[StreamEvent]] | ChatResponse[Any], /
    ) -> ChatResponse[Any]:
        """Read a stream to its end, and parse its output."""
        call, output = self.call, self.output
        if isinstance(outcome, ChatResponse):  # from an inner policy
            return collected_response(outcome, output, call)
        try:
            response = response_of(chain((outcome.first,), outcome.events), call)
            return parsed_response(response, output, call)
        except Exception as error:
            raise self.failed(error, outcome.origin)
        finally:
            close(outcome.events, call)

    def close(self) -> None:
        """Close the streams of a branch that ends after the race."""
        for opened in self.outcomes:
            close(opened.events, self.call)


class AsyncStreamSender(_Sender[StartedStream[AsyncIterable[StreamEvent]]]):
    """Performs the sends of a streaming call, up to the first event; async."""

    async def perform(self, effect: Send, /) -> StartedStream[AsyncIterable[StreamEvent]]:
        """Call the provider or another model."""
        self.begin(effect)
        call, stream = self.call, None
        try:
            if effect.model is not None:
                stream = effect.model.astream(effect.request)
            else:
                stream = aiter(self.model.aevents(self.supported(effect.request), call))
            first = await anext(stream, None)
            if first is None:
                raise interrupted(call)
        except BaseException as error:
            await aclose(stream, call)
            raise self.failed(error, origin(effect)) if isinstance(error, Exception) else error
        return self.add(StartedStream(first, stream, origin(effect)), effect)

    def forward(self, suspended: Suspended, /) -> object:
        """Return the outcome of a policy, as a stream that the policy can continue."""
        stream: StartedStream[AsyncIterable[StreamEvent]] | ChatResponse[Any]
        stream = suspended.effect.outcome
        if not isinstance(stream, StartedStream):
            return super().forward(suspended)
        events = AsyncForwardedEvents(self, suspended, stream)
        return StartedStream(stream.first, events, stream.origin, stream.source or stream)

    async def collect(
        self, outcome: StartedStream[AsyncIterable[StreamEvent]] | ChatResponse[Any], /
    ) -> ChatResponse[Any]:
        """Read a stream to its end, and parse its output."""
        call, output = self.call, self.output
        if isinstance(outcome, ChatResponse):
            return collected_response(outcome, output, call)
        try:
            response = await aresponse_of(_achain(outcome), call)
            return parsed_response(response, output, call)
        except Exception as error:
            raise self.failed(error, outcome.origin)
        finally:
            await aclose(outcome.events, call)


async def _achain(stream: StartedStream[AsyncIterable[StreamEvent]]) -> AsyncIterator[StreamEvent]:
    yield stream.first
    async for event in stream.events:
        yield event


def origin(effect: Send) -> tuple[str, str] | None:
    """Return provider and model, if it is another model's."""
    return None if effect.model is None else (effect.model.provider, effect.model.model)


def _opened(outcome: object) -> object:
    """Return the stream that was opened, if a policy forwards it."""
    source = getattr(outcome, "source", None)  # a response has none
    return outcome if source is None else source


def _differs_in_timeout_only(request: ChatRequest, other: ChatRequest) -> bool:
    same = sum(map(is_, astuple(request), astuple(other)))
    return same + (request.timeout is not other.timeout) == len(request.__struct_fields__)

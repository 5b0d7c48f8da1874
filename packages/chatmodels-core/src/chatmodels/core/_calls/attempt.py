"""Sends a call through its policies to the primitives of its model, or to another model."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter, is_
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.closing import aclose, close
from chatmodels.core._calls.completion import collected_response, parsed_response
from chatmodels.core._calls.exchange import end_exchanges
from chatmodels.core._calls.failures import interrupted, located
from chatmodels.core._calls.fallbacks import aresponse_of, events_of, response_of
from chatmodels.core._calls.flow import Policy, Send, adrive, drive
from chatmodels.core._calls.prepare import Defaults, negotiated
from chatmodels.core._calls.primitives import Primitives
from chatmodels.core._calls.started import Source, StartedStream
from chatmodels.core._errors.classes import ChatModelError
from chatmodels.core._values.events import StreamEnd, StreamEvent
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse

if TYPE_CHECKING:
    from chatmodels.core._tools.output import Output

Policies = tuple[Policy, ...]


def respond(
    model: Primitives,
    policies: Policies,
    call: CallInfo,
    defaults: Defaults,
    output: "Output[Any] | None" = None,
) -> ChatResponse[Any]:
    """Run a non-streaming call through its policies, and parse its output."""
    own: ChatResponse[Any] | None = None
    others: list[ChatResponse[Any]] = []

    def perform(effect: Send) -> ChatResponse[Any]:
        nonlocal own
        call.attempts += 1
        call.is_delegated = effect.model is not None
        try:
            if effect.model is not None:
                response = effect.model.generate(effect.request)
                others.append(parsed_response(response, output, call))
                return others[-1]
            own = model.respond(_supported(effect.request, call, defaults), call)
            if call.exchanges:
                end_exchanges(call.exchanges)
            own = parsed_response(own, output, call)
        except Exception as error:
            raise _failed(call, error, _origin(effect))
        return own

    def collect(outcome: ChatResponse[Any]) -> ChatResponse[Any]:
        return collected_response(outcome, output, call)

    call.enter()
    try:
        response = drive(policies, call, Send(call.full_request), perform, collect=collect)
    finally:
        call.leave()
    if others:
        call.is_delegated = _is_of(others, own, response, call)
    return response


async def arespond(
    model: Primitives,
    policies: Policies,
    call: CallInfo,
    defaults: Defaults,
    output: "Output[Any] | None" = None,
) -> ChatResponse[Any]:
    """Run a non-streaming call through its policies; the async version of `respond`."""
    own: ChatResponse[Any] | None = None
    others: list[ChatResponse[Any]] = []

    async def perform(effect: Send) -> ChatResponse[Any]:
        nonlocal own
        call.attempts += 1
        call.is_delegated = effect.model is not None
        try:
            if effect.model is not None:
                response = await effect.model.agenerate(effect.request)
                others.append(parsed_response(response, output, call))
                return others[-1]
            own = await model.arespond(_supported(effect.request, call, defaults), call)
            if call.exchanges:
                end_exchanges(call.exchanges)
            own = parsed_response(own, output, call)
        except Exception as error:
            raise _failed(call, error, _origin(effect))
        return own

    async def collect(outcome: ChatResponse[Any]) -> ChatResponse[Any]:
        return collected_response(outcome, output, call)

    call.enter()
    try:
        response = await adrive(policies, call, Send(call.full_request), perform, collect=collect)
    finally:
        call.leave()
    if others:
        call.is_delegated = _is_of(others, own, response, call)
    return response


def open_stream(
    model: Primitives,
    policies: Policies,
    call: CallInfo,
    defaults: Defaults,
    output: "Output[Any] | None" = None,
) -> StartedStream[Iterable[StreamEvent]]:
    """Open a stream through the policies, up to its first event.

    Streams that a policy opened and does not return are closed.
    """
    opened: list[StartedStream[Iterable[StreamEvent]]] = []
    own: StartedStream[Iterable[StreamEvent]] | None = None
    others: list[StartedStream[Iterable[StreamEvent]]] = []

    def perform(effect: Send) -> StartedStream[Iterable[StreamEvent]]:
        nonlocal own
        call.attempts += 1
        call.is_delegated = effect.model is not None
        stream = None
        try:
            if effect.model is not None:
                stream = effect.model.stream(effect.request)
            else:
                stream = iter(model.events(_supported(effect.request, call, defaults), call))
            first = next(stream, None)
            if first is None:
                raise interrupted(call)
        except BaseException as error:
            close(stream, call)
            raise _failed(call, error, _origin(effect)) if isinstance(error, Exception) else error
        opened.append(StartedStream(first, stream, _origin(effect)))
        if call.is_delegated:
            others.append(opened[-1])
        else:
            own = opened[-1]
        return opened[-1]

    def collect(
        outcome: StartedStream[Iterable[StreamEvent]] | ChatResponse[Any],
    ) -> ChatResponse[Any]:
        if isinstance(outcome, ChatResponse):  # from an inner policy
            return collected_response(outcome, output, call)
        try:
            response = response_of(chain((outcome.first,), outcome.events), call)
            return parsed_response(response, output, call)
        except Exception as error:
            raise _failed(call, error, outcome.origin)
        finally:
            close(outcome.events, call)

    used = None
    call.enter()
    try:
        outcome = drive(policies, call, Send(call.full_request), perform, collect=collect)
        if isinstance(outcome, ChatResponse):
            chosen = _replayed(outcome)
        else:
            chosen = used = _checked(outcome)
        if others:
            call.is_delegated = _is_of(others, own, chosen, call)
        call.note_first_event()
        return chosen
    finally:
        call.leave()
        for other in _unused(opened, used):
            close(other.events, call)


async def aopen_stream(
    model: Primitives,
    policies: Policies,
    call: CallInfo,
    defaults: Defaults,
    output: "Output[Any] | None" = None,
) -> StartedStream[AsyncIterable[StreamEvent]]:
    """Open a stream through the policies; the async version of `open_stream`."""
    opened: list[StartedStream[AsyncIterable[StreamEvent]]] = []
    own: StartedStream[AsyncIterable[StreamEvent]] | None = None
    others: list[StartedStream[AsyncIterable[StreamEvent]]] = []

    async def perform(effect: Send) -> StartedStream[AsyncIterable[StreamEvent]]:
        nonlocal own
        call.attempts += 1
        call.is_delegated = effect.model is not None
        stream = None
        try:
            if effect.model is not None:
                stream = effect.model.astream(effect.request)
            else:
                stream = aiter(model.aevents(_supported(effect.request, call, defaults), call))
            first = await anext(stream, None)
            if first is None:
                raise interrupted(call)
        except BaseException as error:
            await aclose(stream, call)
            raise _failed(call, error, _origin(effect)) if isinstance(error, Exception) else error
        opened.append(StartedStream(first, stream, _origin(effect)))
        if call.is_delegated:
            others.append(opened[-1])
        else:
            own = opened[-1]
        return opened[-1]

    async def collect(
        outcome: StartedStream[AsyncIterable[StreamEvent]] | ChatResponse[Any],
    ) -> ChatResponse[Any]:
        if isinstance(outcome, ChatResponse):
            return collected_response(outcome, output, call)
        try:
            response = await aresponse_of(_achain(outcome), call)
            return parsed_response(response, output, call)
        except Exception as error:
            raise _failed(call, error, outcome.origin)
        finally:
            await aclose(outcome.events, call)

    used = None
    call.enter()
    try:
        outcome = await adrive(policies, call, Send(call.full_request), perform, collect=collect)
        if isinstance(outcome, ChatResponse):
            chosen = _areplayed(outcome)
        else:
            chosen = used = _checked(outcome)
        if others:
            call.is_delegated = _is_of(others, own, chosen, call)
        call.note_first_event()
        return chosen
    finally:
        call.leave()
        for other in _unused(opened, used):
            await aclose(other.events, call)


def _events_of(response: ChatResponse[Any]) -> Iterator[StreamEvent]:
    """Return the events of a response; the last one contains the response itself."""
    for event in events_of(response):
        yield replace(event, response=response) if type(event) is StreamEnd else event


def _replayed(response: ChatResponse[Any]) -> StartedStream[Iterable[StreamEvent]]:
    events = _events_of(response)
    return StartedStream(next(events), events)


def _areplayed(response: ChatResponse[Any]) -> StartedStream[AsyncIterable[StreamEvent]]:
    started = _replayed(response)
    return StartedStream(started.first, _as_async(started.events))


async def _as_async(events: Iterable[StreamEvent]) -> AsyncIterator[StreamEvent]:
    for event in events:
        yield event


async def _achain(stream: StartedStream[AsyncIterable[StreamEvent]]) -> AsyncIterator[StreamEvent]:
    yield stream.first
    async for event in stream.events:
        yield event


def _supported(request: ChatRequest, call: CallInfo, defaults: Defaults) -> ChatRequest:
    """Return the part of a request that this model supports."""
    if request is not call.full_request:  # a policy changed it
        if _differs_in_timeout_only(request, call.full_request):
            call.request = replace(call.request, timeout=request.timeout)
        else:
            call.request, call.warnings = negotiated(request, defaults)
        call.full_request = request
    return call.request


_content = attrgetter(*(name for name in ChatRequest.__struct_fields__ if name != "timeout"))


def _differs_in_timeout_only(request: ChatRequest, other: ChatRequest) -> bool:
    return all(map(is_, _content(request), _content(other)))


def _origin(effect: Send) -> tuple[str, str] | None:
    """Return provider and model, if it is another model's."""
    return None if effect.model is None else (effect.model.provider, effect.model.model)


def _failed(call: CallInfo, error: Exception, origin: tuple[str, str] | None) -> ChatModelError:
    """Record that an attempt of a model failed, and return the error to raise."""
    provider, model = origin or (call.provider, call.model)
    error = located(error, op=call.op, provider=provider, model=model)
    call.note_attempt_failed(error)
    return error


def _checked(outcome: StartedStream[Source]) -> StartedStream[Source]:
    if not isinstance(outcome, StartedStream):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
        raise TypeError(f"{type(outcome).__qualname__} is not an opened stream")
    return outcome


def _is_of(others: Sequence[object], own: object, outcome: object, call: CallInfo) -> bool:
    """Report whether another model generated an outcome.

    If a policy created the outcome itself, the last attempt decides.
    """
    if outcome is own:
        return False
    return call.is_delegated or any(outcome is other for other in others)


def _unused(
    opened: list[StartedStream[Any]], used: StartedStream[Any] | None
) -> list[StartedStream[Any]]:
    if len(opened) == 1 and used is opened[0]:
        return []
    if used is not None and all(used is not other for other in opened):
        return []  # a policy created it, presumably from these
    return [other for other in opened if other is not used]

"""How a call reaches the primitives of its model, or another model, through the policies."""

from collections.abc import AsyncIterable, Iterable
from typing import Any

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.closing import aclose, close
from chatmodels.core._calls.failures import interrupted, located_in
from chatmodels.core._calls.flow import Call, Opened, Policy, Source, adrive, drive
from chatmodels.core._calls.primitives import Primitives
from chatmodels.core._values.events import StreamEvent
from chatmodels.core._values.response import ChatResponse

Policies = tuple[Policy, ...]


def respond(model: Primitives, policies: Policies, call: CallInfo) -> ChatResponse[Any]:
    """Have a call answered whole."""

    def perform(effect: Call) -> ChatResponse[Any]:
        call.attempts += 1
        if effect.model is not None:
            return effect.model.generate(effect.request)
        try:
            return model.respond(effect.request, call)
        except Exception as error:
            raise located_in(call, error)

    return drive(policies, call, Call(call.request), perform)


async def arespond(model: Primitives, policies: Policies, call: CallInfo) -> ChatResponse[Any]:
    """Have a call answered whole, awaited; the twin of `respond`."""

    async def perform(effect: Call) -> ChatResponse[Any]:
        call.attempts += 1
        if effect.model is not None:
            return await effect.model.agenerate(effect.request)
        try:
            return await model.arespond(effect.request, call)
        except Exception as error:
            raise located_in(call, error)

    return await adrive(policies, call, Call(call.request), perform)


def open_stream(
    model: Primitives, policies: Policies, call: CallInfo
) -> Opened[Iterable[StreamEvent]]:
    """Have a call answered piece by piece, up to the first event.

    What a policy opened and does not return is closed.
    """
    opened: list[Opened[Iterable[StreamEvent]]] = []

    def perform(effect: Call) -> Opened[Iterable[StreamEvent]]:
        call.attempts += 1
        stream = None
        try:
            if effect.model is not None:
                stream = effect.model.stream(effect.request)
            else:
                stream = iter(model.events(effect.request, call))
            first = next(stream, None)
            if first is None:
                raise interrupted(call)
        except BaseException as error:
            close(stream, call)
            raise located_in(call, error) if isinstance(error, Exception) else error
        opened.append(Opened(first, stream))
        return opened[-1]

    chosen = None
    try:
        chosen = _checked(drive(policies, call, Call(call.request), perform))
        call.note_first_event()
        return chosen
    finally:
        for other in _unused(opened, chosen):
            close(other.events, call)


async def aopen_stream(
    model: Primitives, policies: Policies, call: CallInfo
) -> Opened[AsyncIterable[StreamEvent]]:
    """Have a call answered piece by piece, awaited; the twin of `open_stream`."""
    opened: list[Opened[AsyncIterable[StreamEvent]]] = []

    async def perform(effect: Call) -> Opened[AsyncIterable[StreamEvent]]:
        call.attempts += 1
        stream = None
        try:
            if effect.model is not None:
                stream = effect.model.astream(effect.request)
            else:
                stream = aiter(model.aevents(effect.request, call))
            first = await anext(stream, None)
            if first is None:
                raise interrupted(call)
        except BaseException as error:
            await aclose(stream, call)
            raise located_in(call, error) if isinstance(error, Exception) else error
        opened.append(Opened(first, stream))
        return opened[-1]

    chosen = None
    try:
        chosen = _checked(await adrive(policies, call, Call(call.request), perform))
        call.note_first_event()
        return chosen
    finally:
        for other in _unused(opened, chosen):
            await aclose(other.events, call)


def _checked(outcome: Opened[Source]) -> Opened[Source]:
    if not isinstance(outcome, Opened):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
        raise TypeError(f"{type(outcome).__qualname__} is no opened stream")
    return outcome


def _unused(opened: list[Opened[Any]], chosen: Opened[Any] | None) -> list[Opened[Any]]:
    if len(opened) == 1 and chosen is opened[0]:
        return []
    if chosen is not None and all(chosen is not other for other in opened):
        return []  # a policy made it, presumably of these
    return [other for other in opened if other is not chosen]

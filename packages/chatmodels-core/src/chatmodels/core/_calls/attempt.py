"""Sends a call through its policies to the primitives of its model, or to another model."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.closing import aclose, close
from chatmodels.core._calls.effects import Policy, Send
from chatmodels.core._calls.fallbacks import events_of
from chatmodels.core._calls.flow import adrive_branch, drive_branch
from chatmodels.core._calls.prepare import Defaults
from chatmodels.core._calls.primitives import Primitives
from chatmodels.core._calls.senders import (
    AsyncStreamSender,
    AsyncWholeSender,
    StreamSender,
    WholeSender,
)
from chatmodels.core._calls.started import Source, StartedStream
from chatmodels.core._values.events import StreamEnd, StreamEvent
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
    sender = WholeSender(model, call, defaults, output)
    call.enter()
    try:
        response = drive_branch(policies, sender, Send(call.full_request))
    finally:
        call.leave()
    sender.choose(response)
    return response


async def arespond(
    model: Primitives,
    policies: Policies,
    call: CallInfo,
    defaults: Defaults,
    output: "Output[Any] | None" = None,
) -> ChatResponse[Any]:
    """Run a non-streaming call through its policies; the async version of `respond`."""
    sender = AsyncWholeSender(model, call, defaults, output)
    call.enter()
    try:
        response = await adrive_branch(policies, sender, Send(call.full_request))
    finally:
        call.leave()
    sender.choose(response)
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
    sender = StreamSender(model, call, defaults, output)
    used = None
    call.enter()
    try:
        outcome: StartedStream[Iterable[StreamEvent]] | ChatResponse[Any] = drive_branch(
            policies, sender, Send(call.full_request)
        )
        if isinstance(outcome, ChatResponse):
            chosen = _replayed(outcome)
        else:
            chosen = used = _checked(outcome)
        sender.choose(chosen)
        call.note_first_event()
        return chosen
    finally:
        call.leave()
        for other in sender.unused(used):
            close(other.events, call)


async def aopen_stream(
    model: Primitives,
    policies: Policies,
    call: CallInfo,
    defaults: Defaults,
    output: "Output[Any] | None" = None,
) -> StartedStream[AsyncIterable[StreamEvent]]:
    """Open a stream through the policies; the async version of `open_stream`."""
    sender = AsyncStreamSender(model, call, defaults, output)
    used = None
    call.enter()
    try:
        outcome: StartedStream[AsyncIterable[StreamEvent]] | ChatResponse[Any]
        outcome = await adrive_branch(policies, sender, Send(call.full_request))
        if isinstance(outcome, ChatResponse):
            chosen = _areplayed(outcome)
        else:
            chosen = used = _checked(outcome)
        sender.choose(chosen)
        call.note_first_event()
        return chosen
    finally:
        call.leave()
        for other in sender.unused(used):
            await aclose(other.events, call)


def _events_of(response: ChatResponse[Any]) -> Iterator[StreamEvent]:
    """Return the events of a response; the last one contains the response itself."""
    for event in events_of(response):  # pragma: no branch - it is left at the last event
        yield replace(event, response=response) if type(event) is StreamEnd else event


def _replayed(response: ChatResponse[Any]) -> StartedStream[Iterable[StreamEvent]]:
    events = _events_of(response)
    return StartedStream(next(events), events)


def _areplayed(response: ChatResponse[Any]) -> StartedStream[AsyncIterable[StreamEvent]]:
    started = _replayed(response)
    return StartedStream(started.first, _as_async(started.events))


async def _as_async(events: Iterable[StreamEvent]) -> AsyncIterator[StreamEvent]:
    for event in events:  # pragma: no branch - it is left at the last event
        yield event


def _checked(outcome: StartedStream[Source]) -> StartedStream[Source]:
    if not isinstance(outcome, StartedStream):  # pyright: ignore[reportUnnecessaryIsInstance] - untyped policies
        raise TypeError(f"{type(outcome).__qualname__} is not an opened stream")
    return outcome

"""The life cycle of a stream: one generator that handles every way in which a stream ends.

It sends the request and yields the events. Exhaustion, leaving early, errors, cancellations and
garbage collection all end in the same lines. The stream objects of users return this generator, so
that a chunk passes no extra layer.
"""

import warnings
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator, Iterable
from time import monotonic
from typing import Any

import msgspec

from chatmodels.core._calls.accumulator import Accumulator
from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.closing import aclose, close
from chatmodels.core._calls.exchange import end_exchanges
from chatmodels.core._calls.failures import failed, interrupted, located
from chatmodels.core._calls.started import StartedStream
from chatmodels.core._values.events import StreamEnd, StreamEvent
from chatmodels.core._values.response import ChatResponse

Begin = Callable[[], CallInfo]
Open = Callable[[CallInfo], StartedStream[Iterable[StreamEvent]]]
AsyncOpen = Callable[[CallInfo], Awaitable[StartedStream[AsyncIterable[StreamEvent]]]]

Finish = Callable[[ChatResponse[Any], CallInfo], ChatResponse[Any]]
"""Completes a response with data of the model: provider, warnings, parsed output."""


class State:
    """The state that a stream shares with its generator.

    Attributes:
        call: The call, after its start.
        response: The complete response, after its end.
        accumulator: The events so far.
        origin: The provider and the model, if it is another model's stream.
        holder: Returns the stream, or None if it was garbage collected.
        entered: Whether the stream was entered, so that the first event is yielded twice.
        closing: Whether the stream is being closed by the program.
        raised: The exception that leaves the stream's `with` block, during `__exit__`.
        read_partial: Adds the output so far to a response; None without an output type.
    """

    __slots__ = (
        "accumulator",
        "call",
        "closing",
        "entered",
        "finish",
        "holder",
        "origin",
        "raised",
        "read_partial",
        "response",
    )

    def __init__(
        self,
        finish: Finish,
        holder: Callable[[], object | None],
        read_partial: Finish | None = None,
    ) -> None:
        self.holder = holder
        self.accumulator = Accumulator()
        self.finish = finish
        self.read_partial = read_partial
        self.call: CallInfo | None = None
        self.response: ChatResponse[Any] | None = None
        self.origin: tuple[str, str] | None = None
        self.entered = False
        self.closing = False
        self.raised: BaseException | None = None

    def __del__(self) -> None:
        # An async generator whose event loop is closed is collected without GeneratorExit.
        if self.call is not None and self.call.outcome == "pending":
            self.abandon(self.call)

    def complete(self, call: CallInfo, event: StreamEvent) -> StreamEvent:
        """Build the response, end the call, and return the final event for the user."""
        if type(event) is not StreamEnd:
            raise interrupted(call, self.accumulator.response())
        if call.exchanges:
            end_exchanges(call.exchanges)
        call.events = self.accumulator.events
        response = self.response = self.finish(self.accumulator.response(), call)
        call.end(response)
        return msgspec.structs.replace(event, response=response)

    def abandon(self, call: CallInfo) -> None:
        """End the call of a stream that was left early: closed, or garbage collected."""
        if call.outcome != "pending":
            return
        call.events = self.accumulator.events
        # `yield from stream` closes the generator directly, while the stream still exists.
        closed = self.closing or self.holder() is not None
        left = "closed" if closed else "abandoned"
        partial = call.attributed(self.accumulator.response())
        call.end(partial, self.raised, left=left)
        if not closed:
            warnings.warn(
                f"a stream of {call.provider}:{call.model} was never closed; use it in a "
                "`with` block or read it to its end",
                ResourceWarning,
                stacklevel=2,
            )

    def fail(self, call: CallInfo, error: BaseException) -> BaseException:
        """End the call with an error, which contains the partial response."""
        call.events = self.accumulator.events
        partial = self.accumulator.response() if call.events else None
        if isinstance(error, Exception):
            provider, model = self.origin or (call.provider, call.model)
            error = located(error, op=call.op, provider=provider, model=model)
            error.partial = error.partial or partial
            if call.events:  # else the attempt has been recorded already
                call.add_failed_attempt(error)
            return failed(call, error)
        call.end(None if partial is None else call.attributed(partial), error)
        return error


def run_stream(state: State, begin: Begin, open_events: Open) -> Generator[StreamEvent]:
    """Send the request, and yield the events of the stream."""
    call = state.call = begin()
    add = state.accumulator.add
    events: Iterable[StreamEvent] | None = None
    try:
        opened = open_events(call)
        events, state.origin = opened.events, opened.origin
        event = opened.first
        add(event)
        record_time = None if call.event_times is None else call.event_times.append
        if record_time is not None:
            record_time(monotonic())
        if state.entered:
            yield event  # to __enter__; the first iteration continues below
        if type(event) is not StreamEnd:
            yield event
            for event in events:
                add(event)
                if record_time is not None:
                    record_time(monotonic())
                if type(event) is StreamEnd:
                    break
                yield event
        close(events, call)
        yield state.complete(call, event)
    except GeneratorExit:
        state.abandon(call)
        raise
    except BaseException as error:
        raise state.fail(call, error)
    finally:
        close(events, call)


async def arun_stream(
    state: State, begin: Begin, open_events: AsyncOpen
) -> AsyncGenerator[StreamEvent]:
    """Send the request, and yield the events of the stream; async version of `run_stream`."""
    call = state.call = begin()
    add = state.accumulator.add
    events: AsyncIterable[StreamEvent] | None = None
    try:
        opened = await open_events(call)
        events, state.origin = opened.events, opened.origin
        event = opened.first
        add(event)
        record_time = None if call.event_times is None else call.event_times.append
        if record_time is not None:
            record_time(monotonic())
        if state.entered:
            yield event
        if type(event) is not StreamEnd:
            yield event
            async for event in events:
                add(event)
                if record_time is not None:
                    record_time(monotonic())
                if type(event) is StreamEnd:
                    break
                yield event
        await aclose(events, call)
        yield state.complete(call, event)
    except GeneratorExit:
        state.abandon(call)
        raise
    except BaseException as error:
        raise state.fail(call, error)
    finally:
        await aclose(events, call)

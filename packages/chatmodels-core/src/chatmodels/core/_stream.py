"""Streams as users hold them: entered or just iterated, accumulated, ended exactly once.

The life of a stream is one generator, in which the request is sent, events pass, and every way of
ending (exhaustion, leaving early, an error, a cancellation, the garbage collector) meets the same
few lines. The objects around it only hand it out, so that a chunk passes no extra layer.
"""

import warnings
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterator,
)
from typing import TYPE_CHECKING, Any, Generic, Self

import msgspec

from chatmodels.core._accumulator import Accumulator
from chatmodels.core._call import CallInfo
from chatmodels.core._errors import (
    ChatModelError,
    InternalError,
    InvalidRequestError,
    StreamInterruptedError,
)
from chatmodels.core._events import StreamEnd, StreamEvent, TextDelta
from chatmodels.core._response import ChatResponse

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    T = TypeVar("T", default=None)
else:
    from typing import TypeVar

    T = TypeVar("T")

Source = TypeVar("Source")


class Opened(msgspec.Struct, Generic[Source], frozen=True):
    """A stream whose first event has arrived: the outcome of a `Call` that streams.

    Attributes:
        first: The first event.
        events: The iterator of the others; closed where it can be closed.
    """

    first: StreamEvent
    events: Source


Finish = Callable[[ChatResponse[Any], CallInfo], ChatResponse[Any]]
"""Completes a response with what only the model knows: provider, warnings, parsed output."""

Begin = Callable[[], CallInfo]
Open = Callable[[CallInfo], Opened[Iterator[StreamEvent]]]
AsyncOpen = Callable[[CallInfo], Awaitable[Opened[AsyncIterator[StreamEvent]]]]


class _State:
    """What a stream and its generator share."""

    __slots__ = ("accumulator", "call", "closing", "entered", "events", "finish", "response")

    def __init__(self, finish: Finish) -> None:
        self.accumulator = Accumulator()
        self.finish = finish
        self.call: CallInfo | None = None
        self.response: ChatResponse[Any] | None = None
        self.entered = False
        self.closing = False
        self.events = 0

    def take(self, event: StreamEvent) -> StreamEvent:
        self.events += 1
        self.accumulator.add(event)
        return event

    def complete(self, call: CallInfo, event: StreamEvent) -> StreamEvent:
        """Build the response, end the call, and give the event that the user sees."""
        if type(event) is not StreamEnd:
            raise interrupted(call)
        self.take(event)
        call.events = self.events
        response = self.finish(self.accumulator.response(), call)
        self.response = response
        call.end(response)
        return msgspec.structs.replace(event, response=response)

    def left(self, call: CallInfo) -> None:
        """End the call for a stream that was left early: closed, or forgotten."""
        call.events = self.events
        if self.response is None:
            call.end(self.accumulator.response(), closed=True)
            if not self.closing:
                warnings.warn(
                    f"a stream of {call.provider}:{call.model} was never closed; use it in a "
                    "`with` block or read it to its end",
                    ResourceWarning,
                    stacklevel=2,
                )

    def broken(self, call: CallInfo, error: BaseException) -> BaseException:
        """End the call for an error, which takes along what had arrived."""
        call.events = self.events
        partial = self.accumulator.response() if self.events else None
        if isinstance(error, Exception):
            error = located(error, call)
            if error.partial is None:
                error.partial = partial
        call.end(partial, error)
        return error


def located(error: Exception, call: CallInfo, /) -> ChatModelError:
    """Make sure that an error is one of ours and says where it happened."""
    if not isinstance(error, ChatModelError):
        wrapped = InternalError(
            f"{call.provider} failed with {type(error).__qualname__}: {str(error)[:500]}; this is "
            "a defect of the provider package"
        )
        wrapped.__cause__ = error
        error = wrapped
    return error.located(op=call.op, provider=call.provider, model=call.model)


def interrupted(call: CallInfo, /) -> StreamInterruptedError:
    """Tell that a stream ended, but the answer did not."""
    return StreamInterruptedError(
        f"the stream of {call.provider}:{call.model} ended without its terminal event; what had "
        "arrived is in the error's `partial`"
    )


def _generator(state: _State, begin: Begin, open_events: Open) -> Generator[StreamEvent]:
    call = state.call = begin()
    events: Iterator[StreamEvent] | None = None
    try:
        opened = open_events(call)
        events = opened.events
        event = opened.first
        if state.entered:
            yield event
        if type(event) is not StreamEnd:
            yield state.take(event)
            for event in events:
                if type(event) is StreamEnd:
                    break
                yield state.take(event)
        _close(events)
        yield state.complete(call, event)
    except GeneratorExit:
        state.left(call)
        raise
    except BaseException as error:
        raise state.broken(call, error)
    finally:
        _close(events)


async def _async_generator(
    state: _State, begin: Begin, open_events: AsyncOpen
) -> AsyncGenerator[StreamEvent]:
    call = state.call = begin()
    events: AsyncIterator[StreamEvent] | None = None
    try:
        opened = await open_events(call)
        events = opened.events
        event = opened.first
        if state.entered:
            yield event
        if type(event) is not StreamEnd:
            yield state.take(event)
            async for event in events:
                if type(event) is StreamEnd:
                    break
                yield state.take(event)
        await _aclose(events)
        yield state.complete(call, event)
    except GeneratorExit:
        state.left(call)
        raise
    except BaseException as error:
        raise state.broken(call, error)
    finally:
        await _aclose(events)


def _close(source: object) -> None:
    if (close := getattr(source, "close", None)) is not None:
        close()


async def _aclose(source: object) -> None:
    if (aclose := getattr(source, "aclose", None)) is not None:
        await aclose()


class _Readable(Generic[T]):
    """What both kinds of streams can tell of themselves."""

    _state: _State

    @property
    def response(self) -> ChatResponse[T]:
        """The whole answer, equal to what the unstreamed call would have given.

        Raises:
            InvalidRequestError: The stream has not been read to its end; see `collect`.
        """
        response = self._state.response
        if response is None:
            raise InvalidRequestError(
                "the stream has not been read to its end; iterate it or call collect(), or see "
                "`partial` for what has arrived",
                op="stream",
            )
        return response

    @property
    def partial(self) -> ChatResponse[Any]:
        """The answer as far as it has arrived."""
        return self._state.response or self._state.accumulator.response()

    @property
    def call(self) -> CallInfo | None:
        """The facts of the call, once the request has been sent."""
        return self._state.call


class ChatStream(_Readable[T]):
    """A streamed answer: a context manager and an iterator of events.

    The request is sent when the stream is entered or first iterated; entering returns when the
    first event has arrived. Leaving the block closes the connection. Not shared by threads.

    ```python
    with model.stream("Why is the sky blue?") as stream:
        for event in stream:
            if event.type == "text_delta":
                print(event.text, end="")
    print(stream.response.usage)
    ```
    """

    __slots__ = ("_events", "_state")

    def __init__(self, begin: Begin, open_events: Open, finish: Finish) -> None:
        self._state = _State(finish)
        self._events = _generator(self._state, begin, open_events)

    def __enter__(self) -> Self:
        if self._state.call is None:
            self._state.entered = True
            next(self._events)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[StreamEvent]:
        return self._events

    def __next__(self) -> StreamEvent:
        return next(self._events)

    def texts(self) -> Iterator[str]:
        """Iterate over the pieces of visible text alone."""
        for event in self._events:
            if type(event) is TextDelta:
                yield event.text

    def collect(self) -> ChatResponse[T]:
        """Read the stream to its end and give the whole answer.

        Raises:
            ChatModelError: The stream broke; `partial` holds what had arrived.
        """
        for _ in self._events:
            pass
        return self.response

    def close(self) -> None:
        """Close the connection; nothing happens if the stream is at its end already."""
        self._state.closing = True
        self._events.close()


class AsyncChatStream(_Readable[T]):
    """A streamed answer: an asynchronous context manager and iterator of events.

    The request is sent when the stream is entered or first iterated; entering returns when the
    first event has arrived. Leaving the block closes the connection. Not shared by tasks.

    ```python
    async with model.astream("Why is the sky blue?") as stream:
        async for event in stream:
            if event.type == "text_delta":
                print(event.text, end="")
    print(stream.response.usage)
    ```
    """

    __slots__ = ("_events", "_state")

    def __init__(self, begin: Begin, open_events: AsyncOpen, finish: Finish) -> None:
        self._state = _State(finish)
        self._events = _async_generator(self._state, begin, open_events)

    async def __aenter__(self) -> Self:
        if self._state.call is None:
            self._state.entered = True
            await anext(self._events)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self._events

    async def __anext__(self) -> StreamEvent:
        return await anext(self._events)

    async def texts(self) -> AsyncIterator[str]:
        """Iterate over the pieces of visible text alone."""
        async for event in self._events:
            if type(event) is TextDelta:
                yield event.text

    async def collect(self) -> ChatResponse[T]:
        """Read the stream to its end and give the whole answer.

        Raises:
            ChatModelError: The stream broke; `partial` holds what had arrived.
        """
        async for _ in self._events:
            pass
        return self.response

    async def aclose(self) -> None:
        """Close the connection; nothing happens if the stream is at its end already."""
        self._state.closing = True
        await self._events.aclose()

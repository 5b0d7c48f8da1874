"""Stream objects for users: context managers and iterators of events."""

from _weakref import ref  # `weakref` takes longer to import than the rest of this module
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._calls.stream_life import (
    AsyncOpen,
    Begin,
    Finish,
    Open,
    State,
    arun_stream,
    run_stream,
)
from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._public import published_in
from chatmodels.core._values.events import StreamEvent, TextDelta
from chatmodels.core._values.response import ChatResponse

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    T_co = TypeVar("T_co", default=None, covariant=True)
else:
    from typing import TypeVar

    T_co = TypeVar("T_co", covariant=True)


class _Readable(Generic[T_co]):
    """The attributes that both kinds of streams have."""

    __slots__ = ("__weakref__", "_state")

    _state: State

    @property
    def response(self) -> ChatResponse[T_co]:
        """The complete response, equal to that of the non-streaming call.

        Raises:
            InvalidRequestError: The stream has not been read to its end; see `collect`.
        """
        response = self._state.response
        if response is None:
            raise InvalidRequestError(
                "the stream has not been read to its end; iterate it or call collect(), or use "
                "`partial` for the response so far",
                op="stream",
            )
        return response

    @property
    def partial(self) -> ChatResponse[Any]:
        """The response so far.

        If the call has an `output_type`, `parsed` is the output so far, as plain data: dicts,
        lists and scalars, for every type. Later text only adds to it: it appends items,
        members and characters of strings. It is None if nothing is certain yet. The final
        `response.parsed` is an instance of the type.

        Each access builds the response again, at a cost that grows with its length.
        """
        state = self._state
        if state.response is not None:
            return state.response
        response = state.accumulator.response()
        if state.call is None:
            return response
        response = state.call.attributed(response)
        if state.read_partial is None:
            return response
        return state.read_partial(response, state.call)

    @property
    def call(self) -> CallInfo | None:
        """The facts of the call, after the request was sent."""
        return self._state.call


@published_in("chatmodels.core")
class ChatStream(_Readable[T_co]):
    """A streamed response: a context manager and an iterator of events.

    The request is sent when the stream is entered or first iterated; entering returns when the
    first event has arrived. Leaving the block closes the connection. It is not thread-safe.

    ```python
    with model.stream("Why is the sky blue?") as stream:
        for event in stream:
            if event.type == "text_delta":
                print(event.text, end="")
    print(stream.response.usage)
    ```
    """

    __slots__ = ("_events",)

    def __init__(
        self,
        begin: Begin,
        open_events: Open,
        finish: Finish,
        read_partial: Finish | None = None,
    ) -> None:
        self._state = State(finish, ref(self), read_partial)
        self._events = run_stream(self._state, begin, open_events)

    def __enter__(self) -> Self:
        if self._state.call is None:
            self._state.entered = True
            if next(self._events, None) is None:
                raise _closed()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._state.raised = _raised(error)
        try:
            self.close()
        finally:
            self._state.raised = None  # its frames refer to the stream

    def __iter__(self) -> Iterator[StreamEvent]:
        return self._events

    def __next__(self) -> StreamEvent:
        return next(self._events)

    def texts(self) -> Iterator[str]:
        """Iterate over the chunks of visible text only."""
        return (event.text for event in self._events if type(event) is TextDelta)

    def collect(self) -> ChatResponse[T_co]:
        """Read the stream to its end, and return the complete response.

        Raises:
            ChatModelError: The stream broke; `partial` is the response so far.
        """
        for _ in self._events:
            pass
        return self.response

    def close(self) -> None:
        """Close the connection; does nothing at the end of the stream.

        Raises:
            InvalidRequestError: Another thread is reading the stream right now.
        """
        self._state.closing = True
        try:
            self._events.close()
        except ValueError as error:  # the generator is running
            self._state.closing = False
            raise busy("thread", "end the loop that reads it") from error


@published_in("chatmodels.core")
class AsyncChatStream(_Readable[T_co]):
    """A streamed response: an async context manager and iterator of events.

    The request is sent when the stream is entered or first iterated; entering returns when the
    first event has arrived. Leaving the block closes the connection. Use it in one task only.

    ```python
    async with model.astream("Why is the sky blue?") as stream:
        async for event in stream:
            if event.type == "text_delta":
                print(event.text, end="")
    print(stream.response.usage)
    ```
    """

    __slots__ = ("_events",)

    def __init__(
        self,
        begin: Begin,
        open_events: AsyncOpen,
        finish: Finish,
        read_partial: Finish | None = None,
    ) -> None:
        self._state = State(finish, ref(self), read_partial)
        self._events = arun_stream(self._state, begin, open_events)

    async def __aenter__(self) -> Self:
        if self._state.call is None:
            self._state.entered = True
            if await anext(self._events, None) is None:
                raise _closed()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._state.raised = _raised(error)
        try:
            await self.aclose()
        finally:
            self._state.raised = None

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self._events

    async def __anext__(self) -> StreamEvent:
        return await anext(self._events)

    def texts(self) -> AsyncIterator[str]:
        """Iterate over the chunks of visible text only."""
        return Texts(self._events)

    async def collect(self) -> ChatResponse[T_co]:
        """Read the stream to its end, and return the complete response.

        Raises:
            ChatModelError: The stream broke; `partial` is the response so far.
        """
        async for _ in self._events:
            pass
        return self.response

    async def aclose(self) -> None:
        """Close the connection; does nothing at the end of the stream.

        Raises:
            InvalidRequestError: Another task is reading the stream right now.
        """
        self._state.closing = True
        try:
            await self._events.aclose()
        except RuntimeError as error:  # the generator is running
            self._state.closing = False
            raise busy("task", "cancel it") from error


class Texts:
    """An iterator of the texts of a stream; a generator would have to be closed separately."""

    __slots__ = ("_events",)

    def __init__(self, events: AsyncIterator[object]) -> None:
        self._events = events

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        async for event in self._events:
            if type(event) is TextDelta:
                return event.text
        raise StopAsyncIteration


def _raised(error: BaseException | None) -> BaseException | None:
    # The program closed its own generator in the middle of a block: not an error.
    return None if isinstance(error, GeneratorExit) else error


def _closed() -> InvalidRequestError:
    return InvalidRequestError(
        "the stream was closed before it was entered; create a new one", op="stream"
    )


def busy(owner: str, remedy: str) -> InvalidRequestError:
    """Return the error for closing a stream while another thread or task reads it."""
    return InvalidRequestError(
        f"the stream is being read by another {owner} and cannot be closed now; {remedy}",
        op="stream",
    )

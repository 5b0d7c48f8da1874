"""Stream objects of runs with tools for users."""

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self

from chatmodels.core._calls.stream import Texts, busy
from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._public import published_in
from chatmodels.core._values.events import TextDelta
from chatmodels.core._values.tool_events import ToolStreamEvent

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from chatmodels.core._loop.drivers import Running
    from chatmodels.core._loop.run import ToolRun

    T = TypeVar("T", default=None)
else:
    from typing import TypeVar

    T = TypeVar("T")


class _Readable(Generic[T]):
    """The attributes that both kinds of streams have."""

    __slots__ = ("_running",)

    _running: "Running"

    @property
    def run(self) -> "ToolRun[T]":
        """The complete run, equal to the result of `run_tools`.

        Raises:
            InvalidRequestError: The stream has not been read to its end; see `collect`.
        """
        if not self._running.is_over:
            raise InvalidRequestError(
                "the stream has not been read to its end; iterate it or call collect(), or see "
                "`partial` for what has arrived",
                op="stream_tools",
            )
        return self._running.run()

    @property
    def partial(self) -> "ToolRun[Any]":
        """The run so far; its messages can be stored and continued."""
        return self._running.run()


@published_in("chatmodels.core")
class ToolStream(_Readable[T]):
    """The events of a run: those of each response, and a `ToolStart` and `ToolEnd` for each tool.

    The first request is sent when the stream is iterated. Leaving the block closes the connection
    and does not wait for running tools. It is not thread-safe.

    ```python
    with stream_tools(model, "What is the weather in Oslo?", tools=[weather]) as stream:
        for event in stream:
            if event.type == "text_delta":
                print(event.text, end="")
    print(stream.run.usage)
    ```
    """

    __slots__ = ("_events",)

    def __init__(self, running: "Running") -> None:
        self._running = running
        self._events = running.drive(streamed=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[ToolStreamEvent]:
        return self._events

    def __next__(self) -> ToolStreamEvent:
        return next(self._events)

    def texts(self) -> Iterator[str]:
        """Iterate over the chunks of visible text only."""
        return (event.text for event in self._events if type(event) is TextDelta)

    def collect(self) -> "ToolRun[T]":
        """Read the stream to its end and return the run.

        Raises:
            ChatModelError: The run failed; the error's `run` contains the rounds so far.
        """
        for _ in self._events:
            pass
        return self.run

    def close(self) -> None:
        """Close the connection, and start no further tool.

        Raises:
            InvalidRequestError: Another thread is reading the stream right now.
        """
        try:
            self._events.close()
        except ValueError as error:  # the generator is running
            raise busy("thread", "end the loop that reads it") from error


@published_in("chatmodels.core")
class AsyncToolStream(_Readable[T]):
    """The events of a run; the async version of `ToolStream`.

    Leaving the block cancels running tools. Use it in one task only.
    """

    __slots__ = ("_events",)

    def __init__(self, running: "Running") -> None:
        self._running = running
        self._events = running.adrive(streamed=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncIterator[ToolStreamEvent]:
        return self._events

    async def __anext__(self) -> ToolStreamEvent:
        return await anext(self._events)

    def texts(self) -> AsyncIterator[str]:
        """Iterate over the chunks of visible text only."""
        return Texts(self._events)

    async def collect(self) -> "ToolRun[T]":
        """Read the stream to its end and return the run.

        Raises:
            ChatModelError: The run failed; the error's `run` contains the rounds so far.
        """
        async for _ in self._events:
            pass
        return self.run

    async def aclose(self) -> None:
        """Close the connection, and cancel running tools.

        Raises:
            InvalidRequestError: Another task is reading the stream right now.
        """
        try:
            await self._events.aclose()
        except RuntimeError as error:  # the generator is running
            raise busy("task", "cancel it") from error

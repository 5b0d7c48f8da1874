"""The parts of asyncio and trio that calls need, through one interface."""

from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, suppress
from typing import Protocol, TypeVar

T = TypeVar("T")


class OutOfTimeError(Exception):
    """The time limit of `AsyncLibrary.within` is over."""


class Event(Protocol):
    """A flag that tasks wait for."""

    def set(self) -> object:
        """Set the flag, and wake all tasks that wait for it."""
        ...

    def is_set(self) -> bool:
        """Return whether the flag is set."""
        ...

    async def wait(self) -> object:
        """Wait until the flag is set."""
        ...


class Semaphore(Protocol):
    """A number of places for tasks."""

    async def acquire(self) -> object:
        """Wait for a place, and occupy it."""
        ...

    def release(self) -> object:
        """Free a place."""
        ...


class AsyncLibrary(Protocol):
    """Events, locks, time limits, threads and tasks of asyncio or trio."""

    def event(self) -> Event:
        """Return a new event, which is not set."""
        ...

    def lock(self) -> AbstractAsyncContextManager[object]:
        """Return a new lock, for `async with`."""
        ...

    def semaphore(self, places: int, /) -> Semaphore:
        """Return a new semaphore."""
        ...

    def loop(self) -> object:
        """Return an object that stands for the running event loop, as the key of a mapping."""
        ...

    def scheduler(self) -> Callable[[Callable[[], object]], object]:
        """Return a function that any thread can call to run another in this event loop."""
        ...

    async def sleep(self, seconds: float, /) -> None:
        """Wait; with 0 seconds or fewer, let other tasks run."""
        ...

    async def within(self, seconds: float | None, function: Callable[[], Awaitable[T]], /) -> T:
        """Await a function with a time limit in seconds; None for no limit.

        The limit of 0 or fewer seconds is over when the function first waits.

        Raises:
            OutOfTimeError: The time is over.
        """
        ...

    async def wait(self, event: Event, seconds: float | None, /) -> bool:
        """Wait for an event, with a time limit in seconds, and return whether it is set."""
        with suppress(OutOfTimeError):
            await self.within(seconds, event.wait)
        return event.is_set()

    async def in_thread(self, function: Callable[[], T], /) -> T:
        """Run a blocking function in a worker thread, with the context variables of the task.

        At most 40 functions of an event loop run at the same time; under trio, its default limiter
        applies. A cancellation does not wait for the function, which cannot be stopped. Under
        asyncio, another function can then start in its place.
        """
        ...

    async def shielded(self, function: Callable[[], Awaitable[None]], /) -> None:
        """Await a function to its end, even while the task is cancelled.

        An exception of the function is raised, and replaces the cancellation.
        """
        ...

    def start(self, function: Callable[[], Awaitable[None]], /) -> object:
        """Start a task that is not a child of this one, with the context variables of this one.

        Args:
            function: The task; it raises nothing but cancellations.

        Returns:
            The task, for `end`; keep it while the task runs.
        """
        ...

    async def end(self, tasks: Collection[object], /) -> None:
        """Cancel tasks and wait for their end, even while this task is cancelled.

        asyncio cancels a task once: if the task catches its cancellation and continues, its own end
        is awaited. Under trio, each later wait of the task is cancelled as well.
        """
        ...

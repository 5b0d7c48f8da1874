"""The parts of trio that calls need."""

import math
from collections.abc import Awaitable, Callable, Collection
from contextvars import copy_context
from typing import Any, TypeVar

from chatmodels.core._concurrency.interface import AsyncLibrary, OutOfTimeError

T = TypeVar("T")


class TrioLibrary(AsyncLibrary):
    """The `AsyncLibrary` for tasks of trio.

    Args:
        trio: The module, which core does not import: it runs the caller.
    """

    def __init__(self, trio: Any) -> None:
        self._trio = trio

    def event(self) -> Any:
        """Return a new event, which is not set."""
        return self._trio.Event()

    def lock(self) -> Any:
        """Return a new lock."""
        return self._trio.Lock()

    def semaphore(self, places: int, /) -> Any:
        """Return a new semaphore."""
        return self._trio.Semaphore(places)

    def loop(self) -> object:
        """Return the token of the running event loop."""
        return self._trio.lowlevel.current_trio_token()

    def scheduler(self) -> Callable[[Callable[[], object]], object]:
        """Return a function that any thread can call to run another in this event loop."""
        return self._trio.lowlevel.current_trio_token().run_sync_soon

    async def sleep(self, seconds: float, /) -> None:
        """Wait; with 0 seconds, let other tasks run."""
        await self._trio.sleep(max(seconds, 0))

    async def within(self, seconds: float | None, function: Callable[[], Awaitable[T]], /) -> T:
        """Await a function with a time limit."""
        with self._trio.move_on_after(math.inf if seconds is None else max(seconds, 0)):
            return await function()
        raise OutOfTimeError

    async def in_thread(self, function: Callable[[], T], /) -> T:
        """Run a blocking function in a worker thread."""
        return await self._trio.to_thread.run_sync(function, abandon_on_cancel=True)

    async def shielded(self, function: Callable[[], Awaitable[None]], /) -> None:
        """Await a function to its end, even while the task is cancelled."""
        with self._trio.CancelScope(shield=True):
            await function()

    def start(self, function: Callable[[], Awaitable[None]], /) -> "_Task":
        """Start a task."""
        return _Task(self._trio, function)

    async def end(self, tasks: Collection[Any], /) -> None:
        """Cancel tasks and wait for their end."""
        for task in tasks:
            task.scope.cancel()
        with self._trio.CancelScope(shield=True):
            for task in tasks:
                await task.ended.wait()


class _Task:
    """A system task: it ends with the event loop, not with the task that started it."""

    def __init__(self, trio: Any, function: Callable[[], Awaitable[None]]) -> None:
        self.scope = trio.CancelScope()
        self.ended = trio.Event()
        self._function = function
        trio.lowlevel.spawn_system_task(self._run, context=copy_context())

    async def _run(self) -> None:
        try:
            with self.scope:
                await self._function()
        finally:
            self.ended.set()

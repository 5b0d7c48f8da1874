"""The parts of asyncio that calls need."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from chatmodels.core._concurrency.interface import AsyncLibrary, OutOfTimeError

T = TypeVar("T")

_THREADS = 40  # blocking functions of one event loop at the same time; the others wait

# The places of the blocking functions, by the id of their event loop. The tasks that occupy places
# or wait for one keep the entry, and they keep the loop: no other loop can have its id meanwhile.
# The loop is not the key, since a semaphore can refer to its loop and would keep it forever.
_places: WeakValueDictionary[int, asyncio.Semaphore] = WeakValueDictionary()

# By process, since a forked child does not have the threads of its parent. Without a limit of
# their own: a function that waits for another event loop must not wait for a thread as well.
_executors: dict[int, ThreadPoolExecutor] = {}


class AsyncioLibrary(AsyncLibrary):
    """The `AsyncLibrary` for tasks of asyncio."""

    def event(self) -> asyncio.Event:
        """Return a new event, which is not set."""
        return asyncio.Event()

    def lock(self) -> asyncio.Lock:
        """Return a new lock."""
        return asyncio.Lock()

    def semaphore(self, places: int, /) -> asyncio.Semaphore:
        """Return a new semaphore."""
        return asyncio.Semaphore(places)

    def loop(self) -> asyncio.AbstractEventLoop:
        """Return the running event loop."""
        return asyncio.get_running_loop()

    def scheduler(self) -> Callable[[Callable[[], object]], object]:
        """Return a function that any thread can call to run another in this event loop."""
        return asyncio.get_running_loop().call_soon_threadsafe

    async def sleep(self, seconds: float, /) -> None:
        """Wait; with 0 seconds, let other tasks run."""
        await asyncio.sleep(seconds)

    async def within(self, seconds: float | None, function: Callable[[], Awaitable[T]], /) -> T:
        """Await a function with a time limit."""
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await function()
        except TimeoutError:
            if limit.expired():
                raise OutOfTimeError from None
            raise

    async def in_thread(self, function: Callable[[], T], /) -> T:
        """Run a blocking function in a worker thread."""
        await asyncio.sleep(0)  # so that a task that is cancelled starts no thread
        context = copy_context()
        # A module that another thread is about to import does not have all its names.
        variable = getattr(sys.modules.get("sniffio"), "current_async_library_cvar", None)
        if variable is not None:
            # The thread is outside of asyncio, and can run another event loop.
            context.run(variable.set, None)

        def run() -> T:
            try:
                return context.run(function)
            except StopIteration as error:  # a future cannot have it as its error
                raise RuntimeError("the function raised StopIteration") from error

        loop = asyncio.get_running_loop()
        places = _places.get(id(loop)) or _places.setdefault(id(loop), asyncio.Semaphore(_THREADS))
        async with places:  # until a cancellation, if the function does not return before it
            return await loop.run_in_executor(_executor(), run)

    async def shielded(self, function: Callable[[], Awaitable[None]], /) -> None:
        """Await a function to its end, even while the task is cancelled."""
        tasks = [self.start(function)]
        try:
            await _settled(tasks)
        except asyncio.CancelledError:
            tasks.pop().result()
            raise
        tasks.pop().result()  # or the traceback of an error and this frame refer to each other

    def start(self, function: Callable[[], Awaitable[None]], /) -> asyncio.Task[None]:
        """Start a task."""

        async def run() -> None:
            await function()

        # Not `create_task`: an eager task runs before its caller has the task.
        return asyncio.Task(run(), loop=asyncio.get_running_loop())

    async def end(self, tasks: Collection[Any], /) -> None:
        """Cancel tasks and wait for their end."""
        for task in tasks:
            task.cancel()
        await _settled(tasks)


ASYNCIO = AsyncioLibrary()


async def _settled(tasks: Collection[asyncio.Task[None]]) -> None:
    """Wait for the end of tasks, and be cancelled only then."""
    cancelled: asyncio.CancelledError | None = None
    try:
        while any(not task.done() for task in tasks):
            try:
                with _without_scopes():
                    await asyncio.wait(tasks)
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled
    finally:
        cancelled = None  # or its traceback and this frame refer to each other


def _without_scopes() -> AbstractContextManager[object]:
    """Return a context in which the scopes of anyio do not cancel, if the program uses anyio.

    A cancelled scope cancels its tasks again in each iteration of the event loop.
    """
    scope = getattr(sys.modules.get("anyio"), "CancelScope", None)
    return nullcontext() if scope is None else scope(shield=True)


def _executor() -> ThreadPoolExecutor:
    process = os.getpid()
    return _executors.get(process) or _executors.setdefault(
        process, ThreadPoolExecutor(sys.maxsize, "chatmodels")
    )

"""The parts of asyncio that calls need."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from chatmodels.core._concurrency.library import AsyncLibrary, OutOfTimeError

T = TypeVar("T")

_THREADS = 40  # blocking functions at the same time; the others wait

# By process, since a forked child does not have the threads of its parent.
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
        if (sniffio := sys.modules.get("sniffio")) is not None:
            # The thread is outside of asyncio, and can run another event loop.
            context.run(sniffio.current_async_library_cvar.set, None)

        def run() -> T:
            try:
                return context.run(function)
            except StopIteration as error:  # a future cannot have it as its error
                raise RuntimeError("the function raised StopIteration") from error

        return await asyncio.get_running_loop().run_in_executor(_executor(), run)

    async def shielded(self, function: Callable[[], Awaitable[None]], /) -> None:
        """Await a function to its end, even while the task is cancelled."""
        task = self.start(function)
        await _settled([task])
        task.result()

    def start(self, function: Callable[[], Awaitable[None]], /) -> asyncio.Task[None]:
        """Start a task."""

        async def run() -> None:
            await function()

        return asyncio.get_running_loop().create_task(run())

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
                await asyncio.wait(tasks)
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled
    finally:
        cancelled = None  # or its traceback and this frame refer to each other


def _executor() -> ThreadPoolExecutor:
    process = os.getpid()
    return _executors.get(process) or _executors.setdefault(
        process, ThreadPoolExecutor(_THREADS, "chatmodels")
    )

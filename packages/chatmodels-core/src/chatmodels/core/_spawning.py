"""Starts tasks that outlive their callers, under asyncio or trio."""

from collections.abc import Awaitable, Callable
from contextvars import copy_context

from chatmodels.core._concurrency.running import running_trio


def spawn(function: Callable[[], Awaitable[None]], tasks: set[object], /) -> None:
    """Start a task that is not a child of the current one, with its context variables.

    Args:
        function: The task; under trio, an exception that it raises ends the program.
        tasks: The set that keeps the task alive while it runs.
    """
    if (trio := running_trio()) is not None:
        trio.lowlevel.spawn_system_task(function, context=copy_context())
        return
    from chatmodels.core._concurrency.on_asyncio import ASYNCIO

    task = ASYNCIO.start(function)
    tasks.add(task)  # the loop itself keeps weak references only
    task.add_done_callback(tasks.discard)

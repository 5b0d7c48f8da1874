"""Threads and tasks under asyncio: places, eager tasks, scopes of anyio."""

import asyncio
import gc
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import ref

import anyio
import pytest

from chatmodels.core import ToolCall, arun_tools, tool
from chatmodels.core._concurrency import on_asyncio
from chatmodels.core.extending import AsyncBatchResults, running_library
from chatmodels.providers.mock import MockChatModel

PLACES = 40
CALL = ToolCall("1", "work", "{}")


class Blocking:
    """A function that waits in its thread, also if its caller does not wait any more."""

    def __init__(self) -> None:
        self.left = threading.Event()

    async def abandon(self) -> None:
        started, library = asyncio.Event(), running_library()
        schedule = library.scheduler()

        def work() -> None:
            schedule(started.set)
            self.left.wait()

        task = asyncio.ensure_future(library.in_thread(work))
        await started.wait()
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
def blocking() -> Iterator[Blocking]:
    blocking = Blocking()
    yield blocking
    blocking.left.set()


@pytest.fixture
def executors(monkeypatch: pytest.MonkeyPatch) -> dict[int, ThreadPoolExecutor]:
    executors = dict[int, ThreadPoolExecutor]()
    monkeypatch.setattr(on_asyncio, "_executors", executors)
    return executors


async def each(count: int, call: Any) -> list[Any]:
    return list(await asyncio.gather(*(call() for _ in range(count))))


def test_an_abandoned_thread_leaves_its_place(blocking: Blocking) -> None:
    @tool
    def work() -> str:
        """Work."""
        return "done"

    async def run() -> str:
        for _ in range(PLACES):
            await blocking.abandon()
        return (await work.acall(CALL)).text

    assert asyncio.run(run()) == "done"


def test_tools_that_run_tools_in_event_loops_of_their_own_do_not_wait_for_each_other() -> None:
    all_run = threading.Barrier(PLACES)

    @tool(name="work")
    def inner() -> str:
        """Work."""
        return "done"

    @tool
    def work() -> str:
        """Work."""
        all_run.wait()
        return asyncio.run(inner.acall(CALL)).text

    async def run() -> list[str]:
        return [result.text for result in await each(PLACES, lambda: work.acall(CALL))]

    assert asyncio.run(run()) == ["done"] * PLACES


def test_an_event_loop_runs_so_many_blocking_functions_and_is_forgotten(
    executors: dict[int, ThreadPoolExecutor],
) -> None:
    lock, all_run = threading.Lock(), threading.Barrier(PLACES)
    running = most = 0
    loops = list[ref[asyncio.AbstractEventLoop]]()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        all_run.wait()
        with lock:
            running -= 1

    async def run() -> None:
        loops.append(ref(asyncio.get_running_loop()))
        await each(2 * PLACES, lambda: running_library().in_thread(work))

    asyncio.run(run())
    for executor in executors.values():
        executor.shutdown()  # its threads can refer to the event loop until they wait again
    gc.collect()
    assert most == PLACES
    assert loops[0]() is None


def test_threads_of_a_forked_process_are_its_own(
    executors: dict[int, ThreadPoolExecutor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child has no threads of its parent, so it must not use their pool."""
    threads = list[threading.Thread]()

    async def run() -> None:
        threads.append(await running_library().in_thread(threading.current_thread))

    asyncio.run(run())
    monkeypatch.setattr("os.getpid", lambda: -1)
    asyncio.run(run())
    for executor in executors.values():
        executor.shutdown()
    assert threads[0] is not threads[1]
    assert len(executors) == 2


def test_a_program_without_anyio_and_sniffio_uses_threads_and_tasks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "anyio", None)
    monkeypatch.setitem(sys.modules, "sniffio", None)
    ran = list[str]()

    async def work() -> None:
        ran.append(await running_library().in_thread(lambda: "ran"))

    async def run() -> None:
        await running_library().shielded(work)

    asyncio.run(run())
    assert ran == ["ran"]


def at_once(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **_: Any
) -> asyncio.Future[Any]:
    """Run a task that does not wait before its caller has it, as eager tasks of Python 3.12."""
    future = loop.create_future()
    try:
        coroutine.send(None)
    except StopIteration as stop:
        future.set_result(stop.value)
    return future


async def eagerly() -> None:
    """Make the tasks of this event loop eager."""
    loop, ran = asyncio.get_running_loop(), list[str]()

    async def note() -> None:
        ran.append("ran")

    loop.set_task_factory(getattr(asyncio, "eager_task_factory", at_once))
    task = loop.create_task(note())
    assert ran == ["ran"]
    await task


def test_the_calls_of_a_batch_end_in_eager_tasks() -> None:
    async def double(item: int) -> int:
        return item * 2

    async def run() -> list[Any]:
        await eagerly()
        async with AsyncBatchResults(double, [0, 1], 8) as results:
            return [result async for result in results]

    assert asyncio.run(run()) == [(0, 0), (1, 2)]


def test_the_tools_of_a_run_end_in_eager_tasks() -> None:
    @tool
    async def work() -> str:
        """Work."""
        return "done"

    async def run() -> str:
        await eagerly()
        run = await arun_tools(MockChatModel(responses=[CALL, "ok"]), "Go", tools=[work])
        return run.text

    assert asyncio.run(run()) == "ok"


CleanUp = Callable[[], Awaitable[None]]


async def shielded(clean_up: CleanUp) -> None:
    await running_library().shielded(clean_up)


async def end(clean_up: CleanUp) -> None:
    library, started = running_library(), asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            await clean_up()

    task = library.start(work)
    await started.wait()
    await library.end([task])


waits = pytest.mark.parametrize("wait_for", [shielded, end])


@waits
def test_a_cancelled_scope_does_not_wake_a_task_that_waits_for_another(wait_for: Any) -> None:
    cancellations = list[int]()

    async def run() -> None:
        caller, scope = asyncio.current_task(), anyio.CancelScope()
        assert caller is not None

        async def clean_up() -> None:
            scope.cancel()
            before = caller.cancelling()
            for _ in range(20):
                await asyncio.sleep(0)
            cancellations.append(caller.cancelling() - before)

        with scope:
            await wait_for(clean_up)

    asyncio.run(run())
    assert cancellations[0] <= 1


async def cancel(wait_for: Any, error: Exception | None, steps: list[str]) -> None:
    """Cancel a task that waits for another."""
    cleaning = asyncio.Event()

    async def clean_up() -> None:
        cleaning.set()
        for _ in range(20):
            await asyncio.sleep(0)
        steps.append("ended")
        if error is not None:
            raise error

    task = asyncio.ensure_future(wait_for(clean_up))
    await cleaning.wait()
    task.cancel()
    await task


@waits
def test_a_cancelled_task_waits_for_the_end_of_another(wait_for: Any) -> None:
    steps = list[str]()
    # In a thread: on Python 3.11, a cancellation ends the tracing of the frames below it.
    with ThreadPoolExecutor(1) as pool, pytest.raises(asyncio.CancelledError):
        pool.submit(asyncio.run, cancel(wait_for, None, steps)).result()
    assert steps == ["ended"]


def test_a_cancelled_task_raises_the_error_of_a_shielded_function() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(ValueError, match="failed") as caught:
        pool.submit(asyncio.run, cancel(shielded, ValueError("failed"), [])).result()
    assert isinstance(caught.value.__context__, asyncio.CancelledError)

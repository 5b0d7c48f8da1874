"""Waiting, threads and tasks, under asyncio and under trio, also if anyio's scopes cancel them."""

import threading
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

import anyio
import anyio.lowlevel
import pytest

from chatmodels.core.extending import OutOfTimeError, running_library

LONG = 3600.0

pytestmark = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
variable: ContextVar[str] = ContextVar("variable", default="unset")


class Work:
    """A task that waits, and cleans up when it is cancelled."""

    def __init__(self) -> None:
        self.started = anyio.Event()
        self.steps: list[str] = []

    async def __call__(self) -> None:
        try:
            self.started.set()
            self.steps.append(variable.get())
            await anyio.sleep(LONG)
        finally:
            self.steps.append("ended")


async def cancelled(function: Callable[[], Awaitable[object]], started: anyio.Event) -> None:
    """Call a function in a scope that is cancelled once it has started."""
    async with anyio.create_task_group() as group:

        async def call() -> None:
            await function()

        group.start_soon(call)
        await started.wait()
        group.cancel_scope.cancel()


async def test_a_function_in_time_returns_its_result() -> None:
    async def result() -> str:
        await anyio.lowlevel.checkpoint()
        return "result"

    assert await running_library().within(LONG, result) == "result"
    assert await running_library().within(None, result) == "result"


async def test_a_function_out_of_time_is_cancelled() -> None:
    work = Work()
    with pytest.raises(OutOfTimeError):
        await running_library().within(0, work)

    assert work.steps == ["unset", "ended"]


async def test_a_time_that_is_over_is_no_time() -> None:
    library = running_library()
    await library.sleep(-1)
    with pytest.raises(OutOfTimeError):
        await library.within(-1, Work())

    assert not await library.wait(library.event(), -1)


async def test_a_timeout_of_the_function_itself_is_raised() -> None:
    async def fail() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await running_library().within(LONG, fail)


async def test_an_event_is_waited_for_within_a_limit() -> None:
    library = running_library()
    event = library.event()

    assert not await library.wait(event, 0)
    event.set()
    assert await library.wait(event, None)


async def test_a_thread_has_the_context_and_can_set_an_event_of_the_loop() -> None:
    library = running_library()
    event, schedule = library.event(), library.scheduler()
    variable.set("caller's")

    def work() -> tuple[str, bool]:
        schedule(event.set)
        return variable.get(), threading.current_thread() is threading.main_thread()

    assert await library.in_thread(work) == ("caller's", False)
    assert await library.wait(event, LONG)


async def test_a_thread_can_run_an_event_loop_of_its_own() -> None:
    async def inner() -> str:
        await anyio.lowlevel.checkpoint()
        return "inner"

    assert await running_library().in_thread(lambda: anyio.run(inner)) == "inner"


async def test_a_thread_that_raises_stop_iteration_does_not_stop_the_task() -> None:
    with pytest.raises(RuntimeError) as caught:
        await running_library().in_thread(lambda: next(iter(())))

    assert isinstance(caught.value.__cause__, StopIteration)


async def test_a_cancellation_does_not_wait_for_a_thread() -> None:
    started, left, ended = anyio.Event(), threading.Event(), threading.Event()
    schedule, library = running_library().scheduler(), running_library()

    def work() -> None:
        schedule(started.set)
        left.wait(LONG)
        ended.set()

    await cancelled(lambda: library.in_thread(work), started)
    assert not ended.is_set()
    left.set()
    assert ended.wait(LONG)


async def test_a_cancelled_task_starts_no_thread() -> None:
    ran = list[str]()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await running_library().in_thread(lambda: ran.append("ran"))

    assert scope.cancelled_caught
    assert ran == []


async def test_a_shielded_function_ends_before_the_cancellation() -> None:
    started, steps = anyio.Event(), list[str]()

    async def work() -> None:
        started.set()
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        steps.append("ended")

    await cancelled(lambda: running_library().shielded(work), started)
    assert steps == ["ended"]


async def test_an_error_of_a_shielded_function_is_raised() -> None:
    async def fail() -> None:
        raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        await running_library().shielded(fail)


async def test_an_error_of_a_shielded_function_replaces_the_cancellation() -> None:
    started = anyio.Event()

    async def fail() -> None:
        started.set()
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        raise ValueError("failed")

    with pytest.raises(ExceptionGroup) as caught:
        await cancelled(lambda: running_library().shielded(fail), started)

    assert [str(error) for error in caught.value.exceptions] == ["failed"]


async def test_tasks_have_the_context_and_are_cancelled_at_the_end() -> None:
    library, works = running_library(), [Work(), Work()]
    variable.set("caller's")
    tasks = [library.start(work) for work in works]
    for work in works:
        await work.started.wait()
    await library.end(tasks)

    assert [work.steps for work in works] == [["caller's", "ended"]] * 2


async def test_the_end_of_tasks_is_awaited_even_if_the_waiting_is_cancelled() -> None:
    library, work, cleaning, cleaned = running_library(), Work(), anyio.Event(), list[str]()

    async def task() -> None:
        try:
            await work()
        finally:
            cleaning.set()
            with anyio.CancelScope(shield=True):
                for _ in range(20):
                    await anyio.lowlevel.checkpoint()
            cleaned.append("cleaned")

    async def end() -> None:
        tasks = [library.start(task)]
        await work.started.wait()
        await library.end(tasks)

    await cancelled(end, cleaning)
    assert cleaned == ["cleaned"]


async def test_tasks_that_have_ended_need_no_waiting() -> None:
    library, work = running_library(), Work()
    task = library.start(work)
    await work.started.wait()
    await library.end([task])
    await library.end([task])
    await library.end([])

    assert work.steps == ["unset", "ended"]


async def test_a_lock_and_a_semaphore_admit_one_at_a_time() -> None:
    library = running_library()
    lock, places = library.lock(), library.semaphore(1)
    running = most = 0

    async def work() -> None:
        nonlocal running, most
        async with lock:
            await places.acquire()
            running += 1
            most = max(most, running)
            await library.sleep(0)
            running -= 1
            places.release()

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(work)

    assert most == 1


async def test_an_event_loop_is_the_same_for_all_its_tasks() -> None:
    loops = set[object]()

    async def note() -> None:
        loops.add(running_library().loop())

    async with anyio.create_task_group() as group:
        group.start_soon(note)
        group.start_soon(note)

    assert len(loops) == 1

"""Tools of one round at the same time: bounded, in order, cancelled with the run."""

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatmodels.core import (
    ToolCall,
    ToolEnd,
    arun_tools,
    astream_tools,
    run_tools,
    stream_tools,
    tool,
)

tenant: ContextVar[str] = ContextVar("tenant", default="nobody")
BOTH = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])


class Gate:
    """A tool that waits until as many calls as expected run at the same time."""

    def __init__(self, width: int) -> None:
        self.barrier = threading.Barrier(width)
        self.lock = threading.Lock()
        self.running = self.most = 0
        self.tenants: set[str] = set()
        self.threads: set[str] = set()

    def pass_gate(self, number: int) -> int:
        """Pass."""
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.tenants.add(tenant.get())
            self.threads.add(threading.current_thread().name)
        self.barrier.wait(300)
        with self.lock:
            self.running -= 1
        return number


def calls(count: int, name: str = "pass_gate") -> tuple[ToolCall, ...]:
    return tuple(ToolCall(str(n), name, f'{{"number": {n}}}') for n in range(count))


def results(run: Any) -> list[str]:
    return [message.parts[0].text for message in run.messages if message.role == "tool"]


@pytest.mark.parametrize(("options", "width"), [({}, 8), ({"max_concurrency": 2}, 2)], ids=str)
async def test_no_more_than_the_limit_run_at_once_in_the_callers_context(
    run, scripted, options, width: int
) -> None:
    gate = Gate(width)
    token = tenant.set("acme")

    try:
        done = await run(scripted(calls(16), "ok"), "Go", tools=[gate.pass_gate], **options)
    finally:
        tenant.reset(token)

    assert results(done) == [str(number) for number in range(16)]
    assert gate.most == width
    assert gate.tenants == {"acme"}


async def test_tool_resultsare_in_the_order_of_the_calls_whichever_ends_first(
    run, scripted
) -> None:
    second_ended = threading.Event()

    @tool
    def first(number: int) -> int:
        second_ended.wait(300)
        return number

    @tool
    def second(number: int) -> int:
        return number

    def note(_: object, end: ToolEnd) -> None:
        if end.call.name == "second":
            second_ended.set()

    script = (*calls(1, "first"), ToolCall("1", "second", '{"number": 1}'))
    done = await run(scripted(script, "ok"), "Go", tools=[first, second], after_tool=note)

    assert results(done) == ["0", "1"]
    assert [end.call.name for end in done.tool_ends] == ["first", "second"]


@given(order=st.permutations(range(5)), limit=st.integers(1, 6))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_results_are_in_the_order_of_the_calls_in_any_order_of_ends(
    scripted, order: list[int], limit: int
) -> None:
    turns = [anyio.Event() for _ in range(6)]

    @tool
    async def take_turn(number: int) -> int:
        if limit > 4:
            await turns[order.index(number)].wait()
            turns[order.index(number) + 1].set()
        return number

    turns[0].set()
    done = anyio.run(
        lambda: arun_tools(
            scripted(calls(5, "take_turn"), "ok"), "Go", tools=[take_turn], max_concurrency=limit
        )
    )
    assert results(done) == ["0", "1", "2", "3", "4"]


def test_one_at_a_time_runs_in_the_thread_of_the_caller(scripted) -> None:
    gate = Gate(1)

    run_tools(scripted(calls(3), "ok"), "Go", tools=[gate.pass_gate], max_concurrency=1)

    assert gate.threads == {threading.current_thread().name}


def test_several_run_in_threads_that_are_named(scripted) -> None:
    gate = Gate(1)

    run_tools(scripted(calls(1), "ok"), "Go", tools=[gate.pass_gate])

    assert {name.rpartition("_")[0] for name in gate.threads} == {"chatmodels-tools"}


@BOTH
async def test_a_cancelled_run_cancels_its_tools_and_waits_for_them(
    anyio_backend: str, scripted
) -> None:
    cancelled: list[int] = []

    @tool
    async def hang(number: int) -> int:
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.append(number)
        raise AssertionError

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: arun_tools(scripted(calls(3, "hang")), "Go", tools=[hang]))
            await anyio.wait_all_tasks_blocked()
            scope.cancel()

    assert sorted(cancelled) == [0, 1, 2]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_cancelled_task_of_asyncio_cancels_its_tools(anyio_backend, scripted) -> None:
    cancelled: list[int] = []

    @tool
    async def hang(number: int) -> int:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(number)
        raise AssertionError

    task = asyncio.create_task(arun_tools(scripted(calls(2, "hang")), "Go", tools=[hang]))
    await anyio.wait_all_tasks_blocked()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert sorted(cancelled) == [0, 1]


@BOTH
async def test_a_cancelled_run_does_not_wait_for_threads(anyio_backend: str, scripted) -> None:
    started, release = threading.Event(), threading.Event()

    @tool
    def hang(number: int) -> int:
        started.set()
        release.wait(300)
        return number

    try:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(lambda: arun_tools(scripted(calls(1, "hang")), "Go", tools=[hang]))
                await anyio.to_thread.run_sync(started.wait, 300)
                scope.cancel()
        assert not release.is_set()
    finally:
        release.set()


def test_an_interrupted_run_does_not_wait_for_threads(scripted) -> None:
    release = threading.Event()

    @tool
    def hang(number: int) -> int:
        release.wait(300)
        return number

    @tool
    def interrupt() -> None:
        raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            run_tools(
                scripted((*calls(2, "hang"), ToolCall("9", "interrupt"))),
                "Go",
                tools=[hang, interrupt],
            )
        assert not release.is_set()
    finally:
        release.set()


def test_an_interruption_in_the_thread_of_the_caller_is_raised(scripted) -> None:
    @tool
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_tools(scripted(ToolCall("1", "interrupt")), "Go", tools=[interrupt], max_concurrency=1)


@BOTH
async def test_an_exit_in_a_task_is_raised_in_the_task_of_the_caller(
    anyio_backend: str, scripted
) -> None:
    @tool
    async def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        await arun_tools(scripted(ToolCall("1", "leave")), "Go", tools=[leave])


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_cancellation_that_a_tool_raises_itself_is_one_of_the_run(
    anyio_backend: str, scripted
) -> None:
    @tool
    async def give_up() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await arun_tools(scripted(ToolCall("1", "give_up")), "Go", tools=[give_up])


@BOTH
async def test_a_raised_failure_cancels_the_other_tools(anyio_backend: str, scripted) -> None:
    ended: list[str] = []

    @tool
    async def hang(number: int) -> int:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("cancelled")
        raise AssertionError

    @tool
    async def fail() -> None:
        raise ValueError("no")

    with pytest.raises(Exception, match="failed with ValueError"):
        await arun_tools(
            scripted((*calls(2, "hang"), ToolCall("9", "fail"))),
            "Go",
            tools=[hang, fail],
            on_tool_error="raise",
        )

    assert ended == ["cancelled", "cancelled"]


@BOTH
async def test_a_reader_may_limit_each_event_with_a_scope_of_its_own(
    anyio_backend: str, scripted
) -> None:
    go = anyio.Event()

    @tool
    async def wait(number: int) -> int:
        await go.wait()
        return number

    seen: list[str] = []
    async with astream_tools(scripted(calls(2, "wait"), "ok"), "Go", tools=[wait]) as stream:
        while True:
            with anyio.fail_after(300):
                event = await anext(stream, None)
            if event is None:
                break
            seen.append(event.type)
            if seen.count("tool_start") == 2:
                go.set()

    assert seen.count("tool_end") == 2
    assert stream.run.text == "ok"


@BOTH
async def test_leaving_a_stream_cancels_its_tools(anyio_backend: str, scripted) -> None:
    cancelled: list[int] = []

    @tool
    async def hang(number: int) -> int:
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.append(number)
        raise AssertionError

    @tool
    async def end() -> str:
        return "ended"

    script = (*calls(2, "hang"), ToolCall("9", "end"))
    async with astream_tools(scripted(script), "Go", tools=[hang, end]) as stream:
        while (await anext(stream)).type != "tool_end":
            pass

    assert sorted(cancelled) == [0, 1]
    tool_results = [message.parts[0] for message in stream.partial.messages[2:]]
    assert {part.id: part.is_error for part in tool_results} == {"0": True, "1": True, "9": False}


def test_leaving_a_stream_does_not_wait_for_threads(scripted) -> None:
    release = threading.Event()

    @tool
    def hang(number: int) -> int:
        release.wait(300)
        return number

    try:
        with stream_tools(scripted(calls(2, "hang")), "Go", tools=[hang]) as stream:
            assert any(event.type == "tool_start" for event in stream)
        assert not release.is_set()
    finally:
        release.set()
    assert len(stream.partial.messages) == 4

"""The limits of a run: on rounds, calls, tokens and time."""

import threading
from typing import Any

import pytest

from chatmodels.core import (
    CallTimeoutError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    Timeout,
    ToolCall,
    ToolLimitError,
    ToolRun,
    Usage,
    assistant,
    run_tools,
    tool,
    tool_result,
    user,
)
from chatmodels.core.extending import CallInfo, Flow, Send


class Clock:
    """A clock that moves only on request."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@tool
def add(a: int, b: int) -> int:
    return a + b


ADD = ToolCall("1", "add", '{"a": 1, "b": 2}')


async def ended(run: Any, model: Any, **options: Any) -> ToolRun[Any]:
    """Run into a limit, and return what there is by the error, which is the same as the result."""
    script = list(model.script)
    with pytest.raises(ToolLimitError) as caught:
        await run(model, "Add", tools=[add], **options)
    model.script = script
    error = caught.value
    assert error.code is ErrorCode.TOOL_LIMIT_REACHED
    assert f"the run reached {error.details['limit']}=" in error.message
    returned = await run(model, "Add", tools=[add], on_limit="return", **options)
    assert returned == error.run
    assert returned.limit == error.details["limit"]
    return returned


async def test_rounds_are_limited(run, scripted) -> None:
    done = await ended(run, scripted(ADD, ADD, ADD), max_rounds=2)

    assert done.limit == "max_rounds"
    assert done.messages[:3] == (user("Add"), assistant(ADD), tool_result(ADD, "3"))
    assert done.messages[4].parts[0].is_error
    assert len(done.responses) == 2
    assert len(done.tool_ends) == 1


async def test_ten_rounds_are_the_limit_by_default(run, scripted) -> None:
    assert len((await ended(run, scripted(*[ADD] * 11))).responses) == 10


async def test_tool_calls_are_limited_by_whole_rounds(run, scripted) -> None:
    done = await ended(run, scripted(ADD, (ADD, ToolCall("2", "x"))), max_tool_calls=2)

    assert done.limit == "max_tool_calls"
    assert len(done.tool_ends) == 1


async def test_as_many_calls_as_the_limit_are_run(run, scripted) -> None:
    done = await run(scripted(ADD, ADD, "3"), "Add", tools=[add], max_tool_calls=2)

    assert done.limit is None


async def test_tokens_are_limited(run, scripted) -> None:
    done = await ended(run, scripted(ADD, ADD, ADD), max_total_tokens=22)

    assert done.limit == "max_total_tokens"
    assert done.usage.total_tokens == 22


async def test_tokens_that_are_not_reported_do_not_count(run, scripted) -> None:
    silent = ChatResponse(message=assistant(ADD), finish_reason="tool_calls")

    done = await run(scripted(silent, "3"), "Add", tools=[add], max_total_tokens=11)

    assert done.text == "3"
    assert done.usage == Usage(input_tokens=10, output_tokens=1)


async def test_a_final_response_beyond_a_limit_is_a_result(run, scripted) -> None:
    done = await run(scripted("3"), "Add", tools=[add], max_total_tokens=1, max_rounds=1)

    assert (done.text, done.limit) == ("3", None)


async def test_no_round_begins_after_the_time(run, scripted) -> None:
    clock = Clock()

    @tool
    def slow() -> str:
        clock.now += 5
        return "done"

    with pytest.raises(ToolLimitError, match="max_seconds=3") as caught:
        await run(
            scripted(ToolCall("1", "slow"), ToolCall("2", "slow")),
            "Hi",
            tools=[slow],
            max_seconds=3,
            clock=clock,
        )

    assert caught.value.run.limit == "max_seconds"
    assert len(caught.value.run.responses) == 1
    assert caught.value.run.messages[2] == tool_result(ToolCall("1", "slow"), "done")


async def test_a_tool_is_not_waited_for_after_the_time(run, scripted) -> None:
    clock = Clock()
    started, release = threading.Event(), threading.Event()

    @tool
    def hang() -> str:
        started.set()
        release.wait(300)
        return "never"

    def expire(_: object, end: Any) -> None:
        started.wait(300)
        clock.now += 60

    try:
        done = await run(
            scripted((ToolCall("1", "hang"), ADD)),
            "Hi",
            tools=[hang, add],
            after_tool=expire,
            max_seconds=30,
            on_limit="return",
            clock=clock,
        )
    finally:
        release.set()

    assert done.limit == "max_seconds"
    assert done.messages[2] == tool_result(ADD, "3")
    assert done.messages[3].parts[0].text == "The call was interrupted and has no result."
    assert [end.call for end in done.tool_ends] == [ADD]


async def test_no_tool_starts_after_the_time(run, scripted) -> None:
    clock = Clock()

    @tool
    def slow() -> str:
        clock.now += 5
        return "done"

    done = await run(
        scripted((ToolCall("1", "slow"), ToolCall("2", "slow"))),
        "Hi",
        tools=[slow],
        max_seconds=3,
        max_concurrency=1,
        on_limit="return",
        clock=clock,
    )

    assert done.limit == "max_seconds"
    assert [end.call.id for end in done.tool_ends] == ["1"]
    assert [message.parts[0].is_error for message in done.messages[2:]] == [False, True]


class Watcher:
    """Notes the time limits of calls."""

    def __init__(self) -> None:
        self.totals: list[float | None] = []

    def start(self, call: Any, /) -> Any:
        return call

    def first_event(self, token: object, /) -> None: ...

    def end(self, token: Any, response: object, error: object, /) -> None:
        self.totals.append(token.timeout.total)


async def test_a_call_of_the_model_has_the_time_that_is_left(run, scripted) -> None:
    watcher, clock = Watcher(), Clock()
    model = scripted(ADD, "3", observers=(watcher,))

    def pass_time(*_: object) -> None:
        clock.now += 500

    await run(
        model,
        "Add",
        tools=[add],
        max_seconds=1500,
        clock=clock,
        after_tool=pass_time,
        timeout=Timeout(total=1200),
    )

    first, second = watcher.totals
    assert first == 1200
    assert second == pytest.approx(1000, abs=100)


async def test_another_model_that_a_policy_calls_has_the_time_that_is_left(run, scripted) -> None:
    backup = scripted("3")

    def elsewhere(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Send(request, backup))

    await run(scripted(policies=[elsewhere]), "Add", tools=[add], max_seconds=1500)

    assert backup.requests[0].timeout.total == pytest.approx(1500, abs=100)


async def test_a_call_that_outlasts_the_run_reaches_its_limit(run, scripted) -> None:
    late = CallTimeoutError(
        "late", details={"limit": "total"}, partial=ChatResponse(message=assistant("It is"))
    )

    with pytest.raises(ToolLimitError, match="max_seconds=30") as caught:
        await run(scripted(late), "Add", tools=[add], max_seconds=30)

    assert caught.value.__cause__ is late
    assert caught.value.run.messages == (user("Add"), assistant("It is"))


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        pytest.param({}, "total", id="no limit of the run"),
        pytest.param({"max_seconds": 30, "timeout": 20}, "total", id="its own limit"),
        pytest.param({"max_seconds": 30}, "read", id="another limit"),
    ],
)
async def test_another_time_limit_is_an_error_of_the_call(run, scripted, options, limit) -> None:
    late = CallTimeoutError("late", details={"limit": limit})

    with pytest.raises(CallTimeoutError) as caught:
        await run(scripted(late), "Add", tools=[add], **options)

    assert caught.value.run.messages == (user("Add"),)


def test_the_clock_is_the_monotonic_one_by_default(scripted) -> None:
    assert run_tools(scripted("Hi"), "Hi", max_seconds=300).text == "Hi"

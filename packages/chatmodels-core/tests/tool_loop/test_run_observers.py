"""Observers of a run, and the pickles of what it leaves behind."""

import logging
import pickle
from contextvars import ContextVar
from typing import Any

import pytest

from chatmodels.core import (
    ErrorCode,
    RateLimitError,
    ToolCall,
    ToolEnd,
    ToolFailedError,
    ToolLimitError,
    ToolRun,
    assistant,
    run_tools,
    stream_tools,
    tool,
    tool_result,
    user,
)
from chatmodels.core.extending import AliasedModel, ProviderRegistry, ToolRunInfo

current: ContextVar[str] = ContextVar("current", default="nothing")


@tool
def add(a: int, b: int) -> str:
    return f"{a + b} in {current.get()}"


@tool
def fail() -> None:
    raise ValueError("api_key=sk-1234567890")


ADD = ToolCall("1", "add", '{"a": 1, "b": 2}')


class Watcher:
    """Notes runs and calls, and the run that is current when a call starts."""

    def __init__(self) -> None:
        self.infos: list[ToolRunInfo] = []
        self.calls: list[str] = []
        self.ends: list[tuple[ToolRun[Any], BaseException | None]] = []
        self.resets: list[Any] = []

    def start(self, call: Any, /) -> object:
        self.calls.append(current.get())
        return None

    def first_event(self, token: object, /) -> None: ...

    def end(self, token: object, response: Any, error: Any, /) -> None: ...

    def enter(self, token: object, /) -> None:
        self.resets.append(current.set(str(token)))

    def leave(self, token: object, /) -> None:
        current.reset(self.resets.pop())

    def start_run(self, info: ToolRunInfo, /) -> object:
        self.infos.append(info)
        return f"run {len(self.infos)}"

    def end_run(self, token: object, run: ToolRun[Any], error: BaseException | None, /) -> None:
        assert token == f"run {len(self.infos)}"
        self.ends.append((run, error))


async def test_a_run_is_current_for_its_calls_and_tools(run, scripted) -> None:
    watcher = Watcher()

    done = await run(
        scripted(ADD, "3", observers=(watcher,)), "Add", tools=[add], name="calculator"
    )

    (info,) = watcher.infos
    assert (info.provider, info.model, info.name) == ("fake", "scripted", "calculator")
    assert info.messages == (user("Add"),)
    assert [definition.name for definition in info.tools] == ["add"]
    assert watcher.calls == ["run 1", "run 1"]
    assert done.messages[2] == tool_result(ADD, "3 in run 1")
    assert watcher.ends == [(done, None)]
    assert current.get() == "nothing"


async def test_a_failed_run_ends_with_its_error(run, scripted) -> None:
    watcher = Watcher()

    with pytest.raises(ToolLimitError) as caught:
        await run(scripted(ADD, observers=(watcher,)), "Add", tools=[add], max_rounds=1)

    assert watcher.ends == [(caught.value.run, caught.value)]
    assert (watcher.infos[0].model_calls, watcher.infos[0].tool_calls) == (1, 0)


async def test_calls_of_the_model_and_of_tools_are_counted_failed_ones_too(run, scripted) -> None:
    watcher = Watcher()
    model = scripted((ADD, ToolCall("2", "fail")), RateLimitError("no"), observers=(watcher,))

    with pytest.raises(RateLimitError):
        await run(model, "Add", tools=[add, fail])

    assert (watcher.infos[0].model_calls, watcher.infos[0].tool_calls) == (2, 2)


def test_a_run_that_is_left_early_ends_without_an_error(scripted) -> None:
    watcher = Watcher()

    with stream_tools(scripted(ADD, "3", observers=(watcher,)), "Add", tools=[add]) as stream:
        for event in stream:
            assert current.get() == "nothing"
            if event.type == "tool_end":
                break

    assert watcher.ends == [(stream.partial, None)]


class Failing:
    """Fails wherever it can."""

    def start(self, call: object, /) -> object: ...

    def first_event(self, token: object, /) -> None: ...

    def end(self, token: object, response: Any, error: Any, /) -> None: ...

    def start_run(self, info: object, /) -> object:
        return self

    def enter(self, token: object, /) -> None:
        raise ValueError("enter")

    def end_run(self, *_: object) -> None:
        raise ValueError("end")


class NotStarting(Failing):
    def start_run(self, info: object, /) -> object:
        raise ValueError("start")


class Indifferent(Failing):
    def start_run(self, info: object, /) -> object:
        return None


def test_observers_that_fail_do_no_harm(scripted, caplog) -> None:
    model = scripted("Hi", observers=(Failing(), NotStarting(), Indifferent()))

    with caplog.at_level(logging.WARNING, "chatmodels.observers"):
        assert run_tools(model, "Hi").text == "Hi"

    assert {record.getMessage() for record in caplog.records} == {
        "observer NotStarting failed in start_run",
        "observer Failing failed in enter",
        "observer Failing failed in end_run",
    }


def test_the_observers_of_an_alias_watch_its_runs(fake: Any) -> None:
    registry, watcher = ProviderRegistry(), Watcher()
    registry.register_provider(fake("acme"))
    registry.set_alias("default", "acme:large")
    model = AliasedModel(registry, "default", {}).with_observers(watcher)

    done = run_tools(model, "Hi")

    assert done.text == "acme:large"
    assert len(watcher.ends) == 1


def test_an_error_is_pickled_with_its_run_and_without_secrets(scripted) -> None:
    with pytest.raises(RateLimitError) as caught:
        run_tools(
            scripted(ToolCall("1", "fail"), RateLimitError("slow down")), "Fail", tools=[fail]
        )

    error = pickle.loads(pickle.dumps(caught.value))

    assert error.run.messages == caught.value.run.messages
    (end,) = error.run.tool_ends
    assert isinstance(end, ToolEnd)
    assert str(end.error) == "ValueError: api_key=***"
    assert error.code is ErrorCode.RATE_LIMITED


def test_a_cause_is_pickled_without_secrets(scripted) -> None:
    with pytest.raises(ToolFailedError) as caught:
        run_tools(scripted(ToolCall("1", "fail")), "Fail", tools=[fail], on_tool_error="raise")

    pickled = pickle.dumps(caught.value)

    assert b"sk-1234567890" not in pickled
    assert pickle.loads(pickled).run.messages[1] == assistant(ToolCall("1", "fail"))


def test_errors_outside_of_runs_have_none() -> None:
    assert RateLimitError("slow down").run is None

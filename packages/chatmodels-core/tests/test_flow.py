"""Policies surround a call: written once, run blocking and awaiting alike."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import ChatModelError, ChatRequest, RateLimitError, Timeout, user
from chatmodels.core.extending import CallInfo, Flow, Policy, Send, Sleep, adrive, drive

REQUEST = ChatRequest(messages=(user("Hi"),))


def call_info() -> CallInfo:
    return CallInfo("generate", REQUEST, provider="fake", model="m", timeout=Timeout())


def step(coroutine: Any) -> Any:
    """Run a coroutine that never waits for anything."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waited")


def blocking(policies: tuple[Policy, ...], perform: Callable[[Send], Any], sleep: Any) -> Any:
    return drive(policies, call_info(), Send(REQUEST), perform, sleep)


def awaiting(policies: tuple[Policy, ...], perform: Callable[[Send], Any], sleep: Any) -> Any:
    async def aperform(effect: Send) -> Any:
        return perform(effect)

    async def asleep(seconds: float) -> None:
        sleep(seconds)

    return step(adrive(policies, call_info(), Send(REQUEST), aperform, asleep))


Run = Callable[[tuple[Policy, ...], Callable[[Send], Any], Any], Any]
both = pytest.mark.parametrize(
    "run", [pytest.param(blocking, id="blocking"), pytest.param(awaiting, id="awaiting")]
)


def no_sleep(seconds: float) -> None:
    raise AssertionError(f"slept for {seconds} s")


@both
def test_without_policies_the_request_is_sent(run: Run) -> None:
    seen: list[Send] = []

    assert run((), lambda effect: seen.append(effect) or "response", no_sleep) == "response"
    assert seen == [Send(REQUEST)]


@both
def test_a_policy_calls_again_and_waits_between(run: Run) -> None:
    def twice(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            return (yield Send(request))
        except ChatModelError as error:
            yield Sleep(error.retry_after or 0)
            return (yield Send(request))

    outcomes: list[Any] = [RateLimitError("slow down", retry_after=2.5), "response"]
    slept: list[float] = []

    def perform(effect: Send) -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    assert run((twice,), perform, slept.append) == "response"
    assert slept == [2.5]


@both
def test_a_policy_changes_the_request_and_the_outcome(run: Run) -> None:
    def shout(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        response = yield Send(ChatRequest(messages=(user("HI"),)))
        return response + "!"

    assert run((shout,), lambda effect: effect.request.messages[0].text, no_sleep) == "HI!"


@both
def test_a_policy_refuses_without_any_call(run: Run) -> None:
    def refuse(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        raise RateLimitError("enough for today")
        yield

    with pytest.raises(RateLimitError, match="enough"):
        run((refuse,), lambda effect: pytest.fail("called"), no_sleep)


@both
def test_a_policy_can_return_a_response_without_a_call(run: Run) -> None:
    def remember(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return "remembered"
        yield

    assert run((remember,), lambda effect: pytest.fail("called"), no_sleep) == "remembered"


@both
def test_an_error_of_a_policy_is_shown_to_the_outer_one(run: Run) -> None:
    def outer(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            return (yield Send(request))
        except KeyError as error:
            return f"caught {error}"

    def inner(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        yield Send(request)
        raise KeyError("mine")

    assert run((outer, inner), lambda effect: "response", no_sleep) == "caught 'mine'"


@both
def test_a_failing_sleep_is_shown_to_the_policy(run: Run) -> None:
    def sleepy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        try:
            yield Sleep(-1)
        except ValueError:
            return "awake"

    def sleep(seconds: float) -> None:
        raise ValueError(seconds)

    assert run((sleepy,), lambda effect: "response", sleep) == "awake"


@both
def test_other_values_than_effects_are_refused_by_type(run: Run) -> None:
    def confused(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        yield request  # type: ignore[misc] - what the test is about

    with pytest.raises(TypeError, match=r"Race\(...\) or Forward\(...\), not ChatRequest"):
        run((confused,), lambda effect: "response", no_sleep)


@both
@pytest.mark.parametrize(
    "stop", [KeyboardInterrupt, SystemExit, asyncio.CancelledError], ids=lambda cls: cls.__name__
)
def test_cancellations_pass_all_policies_and_close_them(
    run: Run, stop: type[BaseException]
) -> None:
    ended: list[str] = []

    def guarded(name: str) -> Policy:
        def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
            try:
                return (yield Send(request))
            except Exception as error:
                raise AssertionError("it was shown to a policy") from error
            finally:
                ended.append(name)

        return policy

    error = stop("now")

    def perform(effect: Send) -> Any:
        raise error

    with pytest.raises(stop) as caught:
        run((guarded("outer"), guarded("inner")), perform, no_sleep)

    assert caught.value is error
    assert ended == ["inner", "outer"]


class AgainError(RateLimitError):
    """A failure that the property below counts."""


def tries(count: int, name: int, log: list[tuple[int, int]]) -> Policy:
    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        for attempt in range(count):
            log.append((name, attempt))
            try:
                return (yield Send(request))
            except AgainError:
                yield Sleep(name)
        raise AgainError("in vain")

    return policy


@given(st.lists(st.integers(1, 3), max_size=4), st.integers(0, 30))
def test_nested_policies_multiply_and_both_drivers_do_the_same(
    counts: list[int], failures: int
) -> None:
    histories: list[Any] = []
    for run in (blocking, awaiting):
        log: list[tuple[int, int]] = []
        slept: list[float] = []
        sends = 0

        def perform(effect: Send) -> str:
            nonlocal sends
            sends += 1
            if sends <= failures:
                raise AgainError("again")
            return "response"

        policies = tuple(tries(count, name, log) for name, count in enumerate(counts))
        try:
            outcome = run(policies, perform, slept.append)
        except AgainError:
            outcome = None
        histories.append((outcome, sends, log, slept))

    product = 1
    for count in counts:
        product *= count
    assert histories[0] == histories[1]
    outcome, sends, _, _ = histories[0]
    assert sends == min(failures + 1, product)
    assert outcome == ("response" if failures < product else None)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_policy_sleeps_by_the_clock_of_the_event_loop(anyio_backend: str) -> None:
    def patient(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        yield Sleep(0)
        return (yield Send(request))

    async def perform(effect: Send) -> str:
        return "response"

    assert await adrive((patient,), call_info(), Send(REQUEST), perform) == "response"
    assert drive((patient,), call_info(), Send(REQUEST), lambda effect: "response") == "response"

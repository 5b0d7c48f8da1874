"""A model that keeps failing is not called for a while."""

import logging
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    CircuitOpenError,
    ConfigurationError,
    InvalidRequestError,
    NetworkError,
    StreamEvent,
    TextDelta,
    Timeout,
    assistant,
)
from chatmodels.core.extending import CallInfo, Send, StandardChatModel
from chatmodels.resilience import CircuitBreaker, Fallback


def lost(times: int) -> list[Exception]:
    return [NetworkError("lost") for _ in range(times)]


async def fail(call: Any, model: Any, times: int) -> None:
    for _ in range(times):
        with pytest.raises(NetworkError):
            await call(model)


async def test_it_opens_after_failures_in_a_row(call: Any, scripted: Any, clock: Any) -> None:
    breaker = CircuitBreaker(2, reset_after=10, clock=clock)
    script = scripted(*lost(1), "ok", *lost(2), "not called")
    model = script.with_policies(breaker)

    await fail(call, model, 1)
    assert (await call(model)).text == "ok"
    await fail(call, model, 2)
    clock.now = 4.0
    with pytest.raises(CircuitOpenError, match=r"try again in 6\.0 s") as raised:
        await call(model)

    assert raised.value.retry_after == 6.0
    assert breaker.is_open
    assert len(script.requests) == 4


async def test_a_probe_closes_it_again(call: Any, scripted: Any, clock: Any) -> None:
    breaker = CircuitBreaker(1, reset_after=10, clock=clock)
    model = scripted(*lost(1), "probe", "next").with_policies(breaker)
    await fail(call, model, 1)

    clock.now = 10.0

    assert (await call(model)).text == "probe"
    assert not breaker.is_open
    assert (await call(model)).text == "next"


async def test_a_probe_that_fails_opens_it_again(call: Any, scripted: Any, clock: Any) -> None:
    breaker = CircuitBreaker(1, reset_after=10, clock=clock)
    model = scripted(*lost(2), "ok").with_policies(breaker)
    await fail(call, model, 1)
    clock.now = 10.0
    await fail(call, model, 1)

    clock.now = 19.0
    with pytest.raises(CircuitOpenError):
        await call(model)
    clock.now = 20.0
    assert (await call(model)).text == "ok"


async def test_other_errors_do_not_count(call: Any, scripted: Any) -> None:
    breaker = CircuitBreaker(1)
    model = scripted(InvalidRequestError("bad"), "ok").with_policies(breaker)

    with pytest.raises(InvalidRequestError):
        await call(model)

    assert (await call(model)).text == "ok"


async def test_a_fallback_outside_goes_on_at_once(call: Any, scripted: Any) -> None:
    first = scripted(*lost(1)).with_policies(CircuitBreaker(1))
    model = first.with_policies(Fallback(scripted("a", "b", name="spare")))

    assert (await call(model)).text == "a"
    response = await call(model)

    assert response.text == "b"
    assert [each.code for each in response.failed_attempts] == []
    assert first.script == []


class Breaking(StandardChatModel):
    """Breaks after the first event."""

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        yield TextDelta("so far")
        raise NetworkError("lost")


def test_a_stream_counts_when_it_ends(clock: Any) -> None:
    breaker = CircuitBreaker(1, clock=clock)
    model = Breaking("acme", "large", policies=[breaker])

    with model.stream("Hi") as stream:
        next(stream)
    assert not breaker.is_open
    with pytest.raises(NetworkError):
        model.stream("Hi").collect()
    assert breaker.is_open


def test_only_one_call_is_the_probe(clock: Any) -> None:
    breaker = CircuitBreaker(1, reset_after=0, clock=clock)
    model = Breaking("acme", "large", policies=[breaker])
    with pytest.raises(NetworkError):
        model.stream("Hi").collect()

    probe = model.stream("Hi")
    with probe, pytest.raises(CircuitOpenError):
        model.generate("Hi")
    with model.stream("Hi"):  # a probe that was left early decides nothing
        pass


def test_a_cancelled_probe_frees_its_place(clock: Any) -> None:
    breaker = CircuitBreaker(1, reset_after=0, clock=clock)
    model = Breaking("acme", "large", policies=[breaker])
    with pytest.raises(NetworkError):
        model.stream("Hi").collect()

    flow = breaker(_info(), ChatRequest(messages=()))
    assert isinstance(next(flow), Send)
    flow.close()

    assert not breaker.is_open


def _info() -> CallInfo:
    return CallInfo(
        "generate", ChatRequest(messages=()), provider="a", model="m", timeout=Timeout()
    )


def test_changes_are_logged(scripted: Any, clock: Any, caplog: pytest.LogCaptureFixture) -> None:
    model = scripted(*lost(1), "ok").with_policies(CircuitBreaker(1, reset_after=0, clock=clock))

    with caplog.at_level(logging.WARNING, "chatmodels.resilience"):
        with pytest.raises(NetworkError):
            model.generate("Hi")
        model.generate("Hi")

    messages = [each.getMessage() for each in caplog.records if each.name.endswith("resilience")]
    assert messages == [
        "the circuit breaker of 'acme:large' is open",
        "the circuit breaker of 'acme:large' is closed again",
    ]


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 20))), st.integers(1, 4))
def test_it_behaves_as_a_simple_model_of_it(steps: list[tuple[bool, float]], limit: int) -> None:
    now = 0.0
    breaker = CircuitBreaker(limit, reset_after=10, clock=lambda: now)
    count, opened_at = 0, None

    for succeeds, elapsed in steps:
        now += elapsed
        flow = breaker(_info(), ChatRequest(messages=()))
        refused = opened_at is not None and now < opened_at + 10
        if refused:
            with pytest.raises(CircuitOpenError):
                next(flow)
            continue
        next(flow)
        if succeeds:
            with pytest.raises(StopIteration):
                flow.send(ChatResponse(message=assistant("ok")))
            count, opened_at = 0, None
        else:
            with pytest.raises(NetworkError):
                flow.throw(NetworkError("lost"))
            count += 1
            if opened_at is not None or count >= limit:
                opened_at = now
        assert breaker.is_open == (opened_at is not None)


def test_wrong_numbers_are_refused_together() -> None:
    with pytest.raises(ConfigurationError) as raised:
        CircuitBreaker(0, reset_after=-1)

    assert raised.value.message == (
        "CircuitBreaker: failures must be an integer of at least 1, not 0; "
        "reset_after must be a number of at least 0, not -1"
    )


def test_its_configuration_is_pickled() -> None:
    breaker = pickle.loads(pickle.dumps(CircuitBreaker(3, reset_after=7)))

    assert repr(breaker) == "CircuitBreaker(3, reset_after=7)"


def test_calls_that_end_after_it_has_opened_do_not_count(
    scripted: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    breaker = CircuitBreaker(1, reset_after=10, clock=clock)
    model = scripted(*lost(1)).with_policies(breaker)
    request = ChatRequest(messages=())
    info = CallInfo("generate", request, provider="acme", model="large", timeout=Timeout())
    early = [breaker(info, request) for _ in range(2)]
    for flow in early:
        next(flow)
    with caplog.at_level(logging.WARNING, "chatmodels.resilience"), pytest.raises(NetworkError):
        model.generate("Hi")

    clock.now = 9.0
    with pytest.raises(NetworkError):
        early[0].throw(NetworkError("lost"))
    with pytest.raises(StopIteration):
        early[1].send(ChatResponse(message=assistant("ok")))

    assert breaker.is_open
    clock.now = 10.0
    assert not breaker.is_open
    assert caplog.messages.count("the circuit breaker of 'acme:large' is open") == 1


def test_unknown_codes_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="CircuitBreaker: there is no ErrorCode 'nothing'"):
        CircuitBreaker(on=["nothing"])

    assert CircuitBreaker(on=["timeout"]).on == {"timeout"}

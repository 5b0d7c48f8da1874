"""Another attempt starts if one has not responded in time."""

import logging
import pickle
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    CallTimeoutError,
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    NetworkError,
    StreamEnd,
    StreamEvent,
    TextDelta,
    Timeout,
    Usage,
    UsageUpdate,
    assistant,
)
from chatmodels.core.extending import CallInfo, Race, Send, StandardChatModel
from chatmodels.resilience import Budget, Deadline, Hedge, Retry, RetryBudget

LONG = 3600.0
USAGE = Usage(input_tokens=5, output_tokens=5)


class Slow(StandardChatModel):
    """Does not respond to the first attempts, and then responds with its name."""

    def __init__(self, name: str = "large", *, slow: int = 1, **options: Any) -> None:
        super().__init__("acme", name, **options)
        self.slow = slow
        self.requests: list[ChatRequest] = []
        self.released = threading.Event()

    def waits(self, request: ChatRequest) -> bool:
        self.requests.append(request)
        return len(self.requests) <= self.slow

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        if self.waits(request):
            assert self.released.wait(LONG)
        return ChatResponse(message=assistant(self.model), usage=USAGE)

    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        if self.waits(request):
            await anyio.sleep_forever()
        return ChatResponse(message=assistant(self.model), usage=USAGE)

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        if self.waits(request):
            assert self.released.wait(LONG)
        yield TextDelta(self.model)
        yield UsageUpdate(USAGE)
        yield StreamEnd("stop")

    async def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        if self.waits(request):
            await anyio.sleep_forever()
        yield TextDelta(self.model)
        yield UsageUpdate(USAGE)
        yield StreamEnd("stop")


@pytest.fixture
def slow() -> Iterator[Any]:
    """The class of a slow model; its threads end after the test."""
    created: list[Slow] = []

    def create(*arguments: Any, **options: Any) -> Slow:
        created.append(Slow(*arguments, **options))
        return created[-1]

    yield create
    for model in created:
        model.released.set()
    for thread in threading.enumerate():
        if thread.name == "chatmodels race":
            thread.join()


async def test_another_attempt_starts_after_the_delay(call: Any, slow: Any) -> None:
    hedge = Hedge(delay=0)
    model = slow()

    response = await call(model.with_policies(hedge))

    assert response.text == "large"
    assert (response.timing.attempts, hedge.hedges, len(model.requests)) == (2, 1, 2)
    assert [each.code for each in response.failed_attempts] == ["cancelled"]


async def test_no_attempt_starts_if_the_first_is_fast(call: Any, slow: Any) -> None:
    hedge = Hedge(delay=LONG)

    response = await call(slow(slow=0).with_policies(hedge))

    assert (response.timing.attempts, hedge.hedges) == (1, 0)


async def test_another_attempt_can_go_to_another_model(call: Any, slow: Any) -> None:
    other = slow("other", slow=0)

    response = await call(slow().with_policies(Hedge(other, delay=0)))

    assert response.text == "other"
    assert [each.model for each in response.failed_attempts] == ["large"]


async def test_several_attempts_can_start(call: Any, slow: Any) -> None:
    hedge = Hedge(delay=0, max_hedges=3)

    response = await call(slow(slow=3).with_policies(hedge))

    assert (response.timing.attempts, hedge.hedges) == (4, 3)


async def test_a_request_that_is_not_idempotent_is_sent_once(call: Any, slow: Any) -> None:
    hedge = Hedge(delay=0)
    model = slow(slow=0)

    await call(model.with_policies(hedge), idempotent=False)

    assert (len(model.requests), hedge.hedges) == (1, 0)


async def test_an_attempt_that_fails_in_time_is_not_replaced(call: Any, scripted: Any) -> None:
    model = scripted(NetworkError("lost"), "ok").with_policies(Hedge(delay=LONG))

    with pytest.raises(NetworkError):
        await call(model)

    retried = scripted(NetworkError("lost"), "ok").with_policies(
        Retry(initial_delay=0), Hedge(delay=LONG)
    )
    assert (await call(retried)).text == "ok"


def sends_of(hedge: Hedge, *, total: float | None = None) -> tuple[Any, Any]:
    """Return the flow of a call, and the iterator of its attempts, after the first one."""
    request = ChatRequest(messages=(), timeout=Timeout(total=total))
    call = CallInfo("generate", request, provider="acme", model="m", timeout=Timeout(total=total))
    flow = hedge(call, request)
    effect = next(flow)
    assert isinstance(effect, Race)
    sends = iter(effect.sends)
    assert next(sends) == Send(request)
    return flow, sends


def test_no_attempt_starts_after_the_total_time(clock: Any) -> None:
    _, sends = sends_of(Hedge(delay=0, clock=clock), total=50)
    clock.now = time.monotonic() + 1000

    assert next(sends, None) is None


def test_a_further_attempt_has_the_rest_of_the_total_time(clock: Any) -> None:
    _, sends = sends_of(Hedge(delay=0, clock=clock), total=1000)
    clock.now = time.monotonic() + 400

    assert next(sends).request.timeout.total == pytest.approx(600, abs=120)


async def test_a_deadline_outside_does_not_wait_for_the_attempts(call: Any, slow: Any) -> None:
    model = slow(slow=2).with_policies(Deadline(0.05), Hedge(delay=0))

    with pytest.raises(CallTimeoutError, match="no attempt responded within the total timeout"):
        await call(model)


def test_a_budget_limits_the_further_attempts() -> None:
    budget = RetryBudget(retries=1, ratio=0.5)
    hedge = Hedge(delay=0, budget=budget)

    flow, sends = sends_of(hedge)
    assert next(sends, None) is not None
    _, others = sends_of(hedge)
    assert next(others, None) is None
    for each in (flow, sends_of(hedge)[0]):
        with pytest.raises(StopIteration):
            each.send("ok")

    assert (budget.remaining, hedge.hedges) == (1, 1)


def test_the_delay_follows_a_quantile_of_the_last_latencies(clock: Any) -> None:
    hedge = Hedge(delay=5, quantile=0.9, clock=clock)
    delays: list[float] = []
    for latency in [*range(20), *range(100, 0, -1)]:
        request = ChatRequest(messages=())
        call = CallInfo("generate", request, provider="acme", model="m", timeout=Timeout())
        flow = hedge(call, request)
        delays.append(next(flow).delay)  # type: ignore[union-attr] - it is a race
        clock.now += latency
        with pytest.raises(StopIteration):
            flow.send("ok")

    assert delays[:20] == [5] * 20
    assert delays[20] == 18
    _, sends = sends_of(hedge)
    assert hedge._latencies["generate"].quantile(0.9, 0) == 91
    assert hedge._latencies["stream"].quantile(0.9, 0) == 0
    assert next(sends) is not None


async def test_a_budget_of_tokens_inside_counts_the_attempts_with_usage(
    call: Any, slow: Any
) -> None:
    budget = Budget(tokens=100)
    model = slow(slow=0).with_policies(Hedge(delay=LONG), budget)

    await call(model)

    assert budget.used == 10


def test_further_attempts_are_logged(slow: Any, caplog: pytest.LogCaptureFixture) -> None:
    model = slow().with_policies(Hedge(delay=0))

    with caplog.at_level(logging.INFO, "chatmodels.resilience"):
        model.generate("Hi")

    assert caplog.messages == [
        "generate of 'acme:large' has not responded within 0.00 s; another attempt starts"
    ]


def test_wrong_arguments_are_refused_together() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Hedge("gpt", delay=-1, quantile=1, max_hedges=0)  # type: ignore[arg-type] - untyped callers
    assert raised.value.message == (
        "Hedge: str is not a model; create one with create_chat_model(...); "
        "delay must be a number of at least 0, not -1; "
        "max_hedges must be an integer of at least 1, not 0; "
        "quantile must be above 0 and below 1, not 1"
    )
    with pytest.raises(ConfigurationError, match="quantile must be a number of at least 0"):
        Hedge(delay=1, quantile="x")  # type: ignore[arg-type] - untyped callers


def test_its_configuration_is_pickled(slow: Any) -> None:
    hedge = Hedge(delay=2, quantile=0.95, max_hedges=2)

    assert repr(pickle.loads(pickle.dumps(hedge))) == "Hedge(delay=2, quantile=0.95, max_hedges=2)"
    assert repr(Hedge(delay=2)) == "Hedge(delay=2, max_hedges=1)"

"""Requests and tokens per time are limited before the vendor refuses them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    RateLimitError,
    Settings,
    Timeout,
    Usage,
    assistant,
    user,
)
from chatmodels.core.extending import CallInfo, Send, Sleep, estimated_tokens
from chatmodels.resilience import RateLimit

REQUEST = ChatRequest(messages=(user("Hi"),))


class Trial:
    """Makes calls through a limit, at the times that the test sets."""

    def __init__(self, **limits: Any) -> None:
        self.now = 0.0
        self.flows: list[Any] = []  # a flow that is collected is cancelled
        self.limit = RateLimit(**limits, clock=lambda: self.now)
        self.info = CallInfo("generate", REQUEST, provider="a", model="m", timeout=Timeout())

    def begin(self, request: ChatRequest = REQUEST) -> tuple[Any, float]:
        """Start a call, and return its flow and the wait."""
        self.info = CallInfo("generate", request, provider="a", model="m", timeout=Timeout())
        flow = self.limit(self.info, request)
        self.flows.append(flow)
        effect = next(flow)
        if isinstance(effect, Sleep):
            return flow, effect.seconds
        assert isinstance(effect, Send)
        return flow, 0.0

    def end(self, flow: Any, tokens: int | None) -> None:
        """End the call that was begun last, with a usage."""
        response = ChatResponse(message=assistant("ok"), usage=Usage(total_tokens=tokens))
        with pytest.raises(StopIteration):
            flow.send(response)
        self.info.end(response)


def test_requests_beyond_the_limit_wait_for_the_period() -> None:
    trial = Trial(requests=2, per=10)

    assert [trial.begin()[1] for _ in range(5)] == [0, 0, 10, 10, 20]
    trial.now = 35
    assert trial.begin()[1] == 0


def test_tokens_are_estimated_and_corrected() -> None:
    trial = Trial(tokens=100, per=10)
    request = ChatRequest(messages=(user("x" * 24),), settings=Settings(max_output_tokens=70))
    assert estimated_tokens(request) == 10  # of the input

    flow, wait = trial.begin(request)  # estimated at 80 tokens
    assert wait == 0
    trial.end(flow, tokens=15)

    flow, wait = trial.begin(request)
    assert wait == 0
    trial.end(flow, tokens=None)  # unknown: the estimate stays
    assert trial.begin(request)[1] == 10


def test_a_call_with_more_tokens_than_the_limit_waits_for_an_empty_period() -> None:
    trial = Trial(tokens=10, per=10)
    big = ChatRequest(messages=(user("x" * 400),))

    assert trial.begin(big)[1] == 0
    assert trial.begin(big)[1] == 10


def test_a_cancelled_wait_returns_its_place() -> None:
    trial = Trial(requests=1, tokens=1000, per=10)
    trial.begin()
    flow, wait = trial.begin()
    assert wait == 10

    flow.close()

    assert trial.begin()[1] == 10


def test_the_wait_that_the_vendor_advises_holds_for_all() -> None:
    trial = Trial(requests=100, per=1)
    flow, _ = trial.begin()
    with pytest.raises(RateLimitError):
        flow.throw(RateLimitError("slow down", retry_after=7.0))

    assert trial.begin()[1] == 7.0
    trial.now = 7.0
    flow, wait = trial.begin()
    assert wait == 0
    with pytest.raises(RateLimitError):
        flow.throw(RateLimitError("slow down"))
    assert trial.begin()[1] == 0


async def test_a_wait_beyond_the_total_time_is_an_error_at_once(call: Any, scripted: Any) -> None:
    limit = RateLimit(requests=1, tokens=1_000, per=36_000)
    model = scripted("a", "b").with_policies(limit)
    await call(model)

    with pytest.raises(RateLimitError, match="1 requests and 1,000 tokens per 36000 s") as raised:
        await call(model, timeout=500)

    assert raised.value.retry_after == pytest.approx(36_000, abs=600)
    assert repr(limit) == "<RateLimit: 1 requests and 1,000 tokens per 36000 s>"


def asking(tokens: int) -> ChatRequest:
    """Return a request that is estimated at a number of tokens, at least four."""
    request = ChatRequest(messages=(user("x" * 4 * (tokens - 4)),))
    assert estimated_tokens(request) == tokens
    return request


@given(
    st.lists(st.tuples(st.floats(0, 5), st.integers(4, 40)), max_size=40),
    st.integers(1, 5),
    st.integers(40, 80),
)
def test_no_period_ever_has_more_than_the_limits(
    calls: list[tuple[float, int]], requests: int, tokens: int
) -> None:
    trial = Trial(requests=requests, tokens=tokens, per=10)
    starts: list[tuple[float, int]] = []

    for elapsed, amount in calls:
        trial.now += elapsed
        request = asking(amount)
        starts.append((trial.now + trial.begin(request)[1], amount))

    for begin, _ in starts:
        # 1e-9: the times are sums of floats
        within = [amount for start, amount in starts if begin <= start < begin + 10 - 1e-9]
        assert len(within) <= requests
        assert sum(within) <= tokens


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        ({"learn": False}, "pass requests=... or tokens=..., or learn=True"),
        ({"requests": 0}, "requests must be an integer of at least 1, not 0"),
        ({"tokens": 1.5, "per": -1}, "tokens must be an integer of at least 1, not 1.5; per must"),
    ],
)
def test_wrong_limits_are_refused(limits: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        RateLimit(**limits)

    assert problem in raised.value.message


def test_calls_that_were_cancelled_do_not_delay_later_ones() -> None:
    trial = Trial(requests=1, tokens=100, per=10)
    trial.begin()
    waiting = [trial.begin() for _ in range(4)]
    assert [wait for _, wait in waiting] == [10, 20, 30, 40]

    for flow, _ in waiting:
        flow.close()

    assert trial.begin()[1] == 10


def test_a_wait_that_is_cancelled_after_its_time_is_forgotten() -> None:
    trial = Trial(requests=1, per=10)
    trial.begin()
    flow, _ = trial.begin()
    trial.now = 25
    assert trial.begin()[1] == 0

    flow.close()

    assert trial.begin()[1] == 10


def test_amounts_of_the_same_time_end_together() -> None:
    trial = Trial(tokens=15, per=10)
    for now in (0, 0, 1):
        trial.now = now
        assert trial.begin(asking(5))[1] == 0

    assert trial.begin(asking(6))[1] == 9

"""A rate limit learns from the headers of responses, and calls that wait observe the news."""

import pickle
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    NetworkError,
    RateLimitError,
    Settings,
    Timeout,
    Usage,
    assistant,
    user,
)
from chatmodels.core.extending import CallInfo, Send, Sleep, estimated_tokens
from chatmodels.providers.mock import MockChatModel
from chatmodels.resilience import Fallback, RateLimit


class Running:
    """A call that the test moves from effect to effect."""

    def __init__(
        self, limit: RateLimit, *, model: str = "m", tokens: int = 0, total: float | None = None
    ) -> None:
        request = ChatRequest(
            messages=(user("x" * 4),), settings=Settings(max_output_tokens=tokens or None)
        )
        timeout = Timeout(total=total)
        self.call = CallInfo("generate", request, provider="a", model=model, timeout=timeout)
        self.call.started = 0.0
        self.flow: Any = limit(self.call, request)
        self.wait: float | None = None
        self.step()

    def step(self) -> float | None:
        """Continue after a wait; return the next wait, or None if the request is sent."""
        effect = next(self.flow)
        assert isinstance(effect, Sleep | Send)
        self.wait = effect.seconds if isinstance(effect, Sleep) else None
        return self.wait

    def end(self, tokens: int | None = None, **headers: str) -> None:
        """Respond with headers, whose names have "_" for "-"."""
        response = ChatResponse(message=assistant("ok"), usage=Usage(total_tokens=tokens))
        self.call.response_headers = _headers(headers)
        with pytest.raises(StopIteration):
            self.flow.send(response)
        self.call.end(response)

    def fail(self, error: ChatModelError, **headers: str) -> None:
        self.call.response_headers = _headers(headers)
        with pytest.raises(type(error)):
            self.flow.throw(error)
        self.call.end(None, error)


def waits(calls: list[Running]) -> list[float | None]:
    return [call.wait for call in calls]


def _headers(given: dict[str, str]) -> dict[str, str]:
    return {"x-ratelimit-" + name.replace("_", "-"): value for name, value in given.items()}


NOTHING_LEFT = {
    "limit_requests": "5",
    "remaining_requests": "0",
    "reset_requests": "30",
}


def test_calls_wait_for_the_reset_when_nothing_remains(clock: Any) -> None:
    limit = RateLimit(clock=clock)
    Running(limit).end(**NOTHING_LEFT)

    call = Running(limit)
    assert call.wait == 30
    clock.now = 30
    assert call.step() is None


def test_no_more_calls_begin_at_the_reset_than_the_vendor_accepts(clock: Any) -> None:
    limit = RateLimit(clock=clock)
    Running(limit).end(**NOTHING_LEFT)

    calls = [Running(limit) for _ in range(12)]

    assert waits(calls) == [30] * 5 + [90] * 5 + [150] * 2


def test_a_failure_reports_limits_too(clock: Any) -> None:
    limit = RateLimit(clock=clock)
    Running(limit).fail(NetworkError("reset"), **NOTHING_LEFT)

    assert Running(limit).wait == 30


def test_calls_that_wait_observe_what_is_learned_meanwhile(clock: Any) -> None:
    limit = RateLimit(requests=2, per=10, clock=clock)
    first, _ = Running(limit), Running(limit)
    third, fourth = Running(limit), Running(limit)
    assert (third.wait, fourth.wait) == (10, 10)

    first.end(**NOTHING_LEFT)
    clock.now = 10

    assert third.step() == 20
    assert fourth.step() == 20
    clock.now = 30
    assert third.step() is None
    assert fourth.step() is None


def test_calls_that_wait_observe_a_later_advice(clock: Any) -> None:
    limit = RateLimit(requests=1, per=10, clock=clock)
    first, second, third = Running(limit), Running(limit), Running(limit)
    assert (second.wait, third.wait) == (10, 20)

    first.fail(RateLimitError("slow down", retry_after=15.0))
    clock.now = 10

    assert second.step() == 5
    clock.now = 15
    assert second.step() is None
    clock.now = 20
    assert third.step() == 5


def test_a_wait_that_became_too_long_is_an_error(clock: Any) -> None:
    limit = RateLimit(requests=1, per=10, clock=clock)
    first, second = Running(limit), Running(limit, total=20)
    assert second.wait == 10

    first.fail(RateLimitError("slow down", retry_after=30.0))
    clock.now = 10

    with pytest.raises(RateLimitError) as raised:
        second.step()
    assert raised.value.retry_after == 20
    clock.now = 30
    assert Running(limit).wait is None


def test_an_error_without_limits_of_its_own_names_the_provider(clock: Any) -> None:
    limit = RateLimit(clock=clock)
    Running(limit).end(**NOTHING_LEFT)

    with pytest.raises(RateLimitError, match="rate limit of the provider would exceed"):
        Running(limit, total=20)
    assert repr(limit) == "<RateLimit: the provider>"


def test_less_than_the_estimate_is_not_enough(clock: Any) -> None:
    limit = RateLimit(clock=clock)
    Running(limit).end(limit_tokens="1000", remaining_tokens="99", reset_tokens="20")

    assert Running(limit, tokens=90).wait is None  # 91 with the input
    assert Running(limit, tokens=90).wait == 20


def test_a_limit_that_refills_is_awaited_only_as_long_as_it_takes(clock: Any) -> None:
    limit = RateLimit(clock=clock)
    Running(limit).end(limit_tokens="1000", remaining_tokens="0", reset_tokens="50s")

    calls = [Running(limit, tokens=95) for _ in range(3)]  # 100 with the input

    assert waits(calls) == pytest.approx([5, 10, 15])  # 20 tokens a second
    clock.now = 1000
    assert Running(limit, tokens=5000).wait is None  # it never has more than 1000


def test_a_full_limit_refills_by_its_period(clock: Any) -> None:
    limit = RateLimit(clock=clock)
    Running(limit).end(limit_requests="2", remaining_requests="2", reset_requests="0s")

    assert waits([Running(limit) for _ in range(4)]) == [None, None, 30, 60]


def test_input_and_output_tokens_are_limited_apart(clock: Any) -> None:
    limit = RateLimit(clock=clock)
    Running(limit).end(remaining_input_tokens="0", reset_input_tokens="7")
    assert Running(limit).wait == 7

    clock.now = 7
    call = Running(limit, tokens=50)
    assert call.wait is None
    call.end(remaining_output_tokens="49", reset_output_tokens="8")
    assert Running(limit, tokens=50).wait == 8


def test_requests_that_the_report_cannot_contain_are_subtracted(clock: Any) -> None:
    limit = RateLimit(clock=clock)
    first, _, _ = Running(limit), Running(limit), Running(limit)
    first.end(remaining_requests="3", reset_requests="9")

    assert Running(limit).wait is None
    assert Running(limit).wait == 9


def test_the_report_on_an_earlier_request_is_older(clock: Any) -> None:
    limit = RateLimit(clock=clock)
    first, second = Running(limit), Running(limit)
    second.end(remaining_requests="0", reset_requests="9")
    first.end(remaining_requests="1", reset_requests="9")

    assert Running(limit).wait == 9


def test_a_higher_limit_is_lowered_to_that_of_the_vendor(clock: Any) -> None:
    limit = RateLimit(requests=100, per=10, clock=clock)
    Running(limit).end(limit_requests="3")

    assert waits([Running(limit) for _ in range(4)]) == [None, None, 10, 10]


def test_a_lowered_limit_applies_to_calls_that_wait(clock: Any) -> None:
    limit = RateLimit(requests=2, per=10, clock=clock)
    first, _ = Running(limit), Running(limit)
    waiting = [Running(limit), Running(limit)]

    first.end(limit_requests="1")
    clock.now = 10

    assert [call.step() for call in waiting] == [None, 10]


def test_a_limit_is_raised_again_but_never_above_the_configured_one(clock: Any) -> None:
    limit = RateLimit(requests=2, per=10, clock=clock)
    Running(limit).end(limit_requests="1")
    call = Running(limit)
    assert call.wait == 10

    clock.now = 10
    assert call.step() is None
    call.end(limit_requests="500")

    assert waits([Running(limit) for _ in range(2)]) == [None, 10]


def test_a_limit_of_a_shorter_period_allows_more_in_a_longer_one(clock: Any) -> None:
    limit = RateLimit(requests=100, per=120, clock=clock)
    Running(limit).end(limit_requests="2", limit="1", limit_req_second="5", limit_tokens="0")

    assert waits([Running(limit) for _ in range(4)]) == [None, None, None, 120]


def test_limits_of_several_models_are_not_compared(clock: Any) -> None:
    limit = RateLimit(requests=3, per=10, clock=clock)
    Running(limit, model="small").end(limit_requests="1")
    assert Running(limit, model="large").wait is None
    Running(limit, model="small").end(remaining_requests="0", reset_requests="25")

    assert Running(limit, model="small").wait == 25
    assert set(limit.reported) == {"a:small"}
    assert limit.reported["a:small"][0].reset == 25


def test_what_is_not_about_chat_is_not_learned(clock: Any) -> None:
    limit = RateLimit(clock=clock)
    Running(limit).end(remaining_audio_seconds="0", reset_audio_seconds="25")
    Running(limit).end(remaining_requests="0")  # the reset is unknown

    assert Running(limit).wait is None


def test_headers_of_an_earlier_attempt_are_not_learned_again(clock: Any) -> None:
    limit = RateLimit(clock=clock)
    call = Running(limit)
    call.end(**NOTHING_LEFT)
    clock.now = 30

    again = limit(call.call, call.call.request)  # as an outer Retry does
    next(again)
    with pytest.raises(NetworkError):
        again.throw(NetworkError("no response arrived"))

    assert Running(limit).wait is None


@pytest.fixture
def estimates(monkeypatch: pytest.MonkeyPatch) -> list[ChatRequest]:
    """The requests whose tokens were estimated."""
    estimated: list[ChatRequest] = []

    def counted(request: ChatRequest) -> int:
        estimated.append(request)
        return estimated_tokens(request)

    monkeypatch.setattr("chatmodels.resilience._amounts.estimated_tokens", counted)
    return estimated


@pytest.mark.parametrize(
    ("options", "headers"),
    [({"learn": False, "requests": 9}, {}), ({}, {}), ({}, {"remaining_requests": "9"})],
    ids=["nothing learned", "no report", "requests only"],
)
def test_tokens_are_not_estimated_if_no_limit_needs_them(
    options: Any, headers: dict[str, str], clock: Any, estimates: list[ChatRequest]
) -> None:
    limit = RateLimit(**options, clock=clock)
    Running(limit).end(**headers)
    estimates.clear()

    for _ in range(3):
        Running(limit).end(**headers)

    assert estimates == []


def test_tokens_are_estimated_if_the_vendor_limits_them(
    clock: Any, estimates: list[ChatRequest]
) -> None:
    limit = RateLimit(clock=clock)
    Running(limit).end()
    Running(limit).end(remaining_tokens="10", reset_tokens="30", limit_tokens="100")
    assert len(estimates) == 1  # before the first response

    Running(limit, tokens=50)

    assert len(estimates) == 2


def test_a_call_that_waits_observes_a_limit_of_tokens(clock: Any) -> None:
    limit = RateLimit(requests=2, per=10, clock=clock)
    Running(limit).end()
    second, third = Running(limit), Running(limit, tokens=50)
    assert (second.wait, third.wait) == (None, 10)

    second.end(remaining_tokens="10", reset_tokens="30", limit_tokens="100")

    clock.now = 10
    assert third.step() == 20


def test_a_failure_without_a_response_teaches_nothing(
    clock: Any, estimates: list[ChatRequest]
) -> None:
    limit = RateLimit(clock=clock)
    first = Running(limit)
    with pytest.raises(NetworkError):
        first.flow.throw(NetworkError("down"))

    Running(limit)

    assert len(estimates) == 2


def test_nothing_is_learned_if_that_is_disabled(clock: Any) -> None:
    limit = RateLimit(requests=10, learn=False, clock=clock)
    Running(limit).end(**NOTHING_LEFT)

    assert Running(limit).wait is None
    assert limit.reported == {}


def test_calls_that_were_cancelled_use_nothing_up(clock: Any) -> None:
    limit = RateLimit(clock=clock)
    Running(limit).end(**NOTHING_LEFT)
    waiting = [Running(limit) for _ in range(6)]
    assert waits(waiting) == [30] * 5 + [90]

    waiting[0].flow.close()

    assert Running(limit).wait == 90
    clock.now = 30
    assert waiting[1].step() is None


def test_more_tokens_than_estimated_delay_calls_that_wait(clock: Any) -> None:
    limit = RateLimit(tokens=100, per=10, clock=clock)
    first = Running(limit, tokens=59)
    clock.now = 5
    second, third = Running(limit, tokens=29), Running(limit, tokens=29)
    assert (second.wait, third.wait) == (None, 5)

    second.end(tokens=90)
    clock.now = 10
    assert third.step() == 5
    first.end(tokens=1)

    clock.now = 15
    assert third.step() is None


def test_a_limit_can_be_pickled_with_what_it_was_created_with() -> None:
    limit = pickle.loads(pickle.dumps(RateLimit(requests=5, per=1, learn=False)))

    assert (limit.requests, limit.tokens, limit.per, limit.learn) == (5, None, 1, False)


async def test_responses_of_other_models_are_not_learned(call: Any, scripted: Any) -> None:
    class Limited(scripted):
        def respond(self, request: ChatRequest, call: CallInfo, /) -> Any:
            call.response_headers = {"x-ratelimit-remaining-requests": "0"}
            return super().respond(request, call)

    limit = RateLimit()
    other = MockChatModel(responses=["from another"])
    model = Limited(NetworkError("reset")).with_policies(limit, Fallback(other))

    assert (await call(model)).text == "from another"
    assert [each.remaining for each in limit.reported["acme:large"]] == [0]


class Vendor:
    """A vendor with a limit of requests in fixed minutes, and one of tokens that refills."""

    def __init__(self, requests: int, tokens: int) -> None:
        self.requests, self.tokens = requests, tokens
        self.minute, self.count = 0.0, 0
        self.rest, self.at = float(tokens), 0.0

    def respond(self, now: float, tokens: int) -> dict[str, str]:
        """Return the headers of a response to a call, which the vendor must not have to refuse."""
        if now >= self.minute + 60 - 1e-6:  # the times are sums of floats
            self.minute += (now + 1e-6 - self.minute) // 60 * 60
            self.count = 0
        rate = self.tokens / 60
        self.rest = min(self.rest + rate * (now - self.at), self.tokens)
        self.at = now
        assert self.count < self.requests
        assert tokens <= self.rest + 1e-6
        self.count += 1
        self.rest -= tokens
        return {
            "limit_requests": str(self.requests),
            "remaining_requests": str(self.requests - self.count),
            "reset_requests": f"{self.minute + 60 - now}",
            "limit_tokens": str(self.tokens),
            "remaining_tokens": str(int(self.rest)),
            "reset_tokens": f"{(self.tokens - self.rest) / rate}s",
        }


class LearningMachine(RuleBasedStateMachine):
    """After the first response, a vendor refuses nothing, and every call is sent at some time."""

    @initialize(requests=st.integers(1, 6), tokens=st.integers(10, 100))
    def start(self, requests: int, tokens: int) -> None:
        self.now = 0.0
        self.vendor = Vendor(requests, tokens)
        self.limit = RateLimit(clock=lambda: self.now)
        self.waiting: dict[Running, tuple[float, int]] = {}  # to the next step, and the tokens
        self.call(1)

    @precondition(lambda self: len(self.waiting) < 20)
    @rule(tokens=st.integers(1, 9))
    def call(self, tokens: int) -> None:
        call = Running(self.limit, tokens=tokens - 1)
        self.after(call, tokens)

    @rule(seconds=st.floats(0, 90))
    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while self.waiting and min(self.waiting.values())[0] <= end:
            self.wake()
        self.now = end

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def cancel(self, data: Any) -> None:
        call = data.draw(st.sampled_from(list(self.waiting)))
        del self.waiting[call]
        call.flow.close()

    def wake(self) -> None:
        call = min(self.waiting, key=lambda each: self.waiting[each][0])
        self.now, tokens = self.waiting.pop(call)
        call.step()
        self.after(call, tokens)

    def after(self, call: Running, tokens: int) -> None:
        if call.wait is not None:
            self.waiting[call] = self.now + call.wait, tokens
            return
        call.end(tokens=tokens, **self.vendor.respond(self.now, tokens))

    def teardown(self) -> None:
        steps = 0
        while self.waiting:
            self.wake()
            steps += 1
            assert steps < 500, "a call waits for ever"


LearningMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestLearning = LearningMachine.TestCase

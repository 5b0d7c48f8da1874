"""Failed calls are retried if that can help, after the right delay."""

import contextlib
import copy
import itertools
import logging
import math
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import anyio
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ConfigurationError,
    ErrorCode,
    NetworkError,
    RateLimitError,
    StreamEnd,
    StreamEvent,
    TextDelta,
    Timeout,
    user,
)
from chatmodels.core.extending import CallInfo, Send, StandardChatModel, adrive, drive, error_class
from chatmodels.resilience import Retry

REQUEST = ChatRequest(messages=(user("What do I owe you?"),))


class Time:
    """A clock that advances only by the delays of a call."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)


class Trial:
    """A provider with scripted responses, called through one of core's drivers."""

    def __init__(self, driver: str = "drive") -> None:
        self.driver = driver
        self.time = Time()
        self.asked: list[ChatRequest] = []

    def retry(self, **options: Any) -> Retry:
        return Retry(**{"clock": self.time, "random": lambda: 0.5} | options)

    def run(
        self,
        policy: Retry,
        script: Sequence[Exception | str],
        request: ChatRequest = REQUEST,
        timeout: Timeout = Timeout(),  # noqa: B008 - immutable
    ) -> str:
        call = CallInfo("generate", request, provider="acme", model="large", timeout=timeout)
        call.started = 0.0
        left = iter(script)

        def perform(effect: Send) -> str:
            self.asked.append(effect.request)
            outcome = next(left)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        async def aperform(effect: Send) -> str:
            return perform(effect)

        effect = Send(request)
        if self.driver == "drive":
            return drive((policy,), call, effect, perform, self.time.sleep)
        backend = self.driver.removeprefix("adrive on ")
        return anyio.run(
            adrive, (policy,), call, effect, aperform, self.time.asleep, backend=backend
        )


@pytest.fixture(params=["drive", "adrive on asyncio", "adrive on trio"])
def trial(request: pytest.FixtureRequest) -> Trial:
    return Trial(request.param)


def test_a_successful_call_is_sent_once(trial: Trial) -> None:
    assert trial.run(trial.retry(), ["fine"]) == "fine"
    assert trial.asked == [REQUEST]
    assert trial.time.waits == []


def test_a_failed_call_is_retried_after_growing_delays(trial: Trial) -> None:
    script = [NetworkError("reset"), NetworkError("reset"), "fine"]
    assert trial.run(trial.retry(), script) == "fine"
    assert trial.asked == [REQUEST] * 3
    assert trial.time.waits == [0.25, 0.5]


def test_a_rate_limited_call_is_retried_after_the_advised_delay(trial: Trial) -> None:
    assert trial.run(trial.retry(), [RateLimitError("slow", retry_after=2.5), "fine"]) == "fine"
    assert trial.time.waits == [2.5]


@pytest.mark.parametrize("useless", [0.0, -1.0, math.nan])
def test_advice_without_a_delay_is_ignored(trial: Trial, useless: float) -> None:
    trial.run(trial.retry(), [RateLimitError("slow", retry_after=useless), "fine"])
    assert trial.time.waits == [0.25]


def test_the_last_error_stays_when_the_retries_are_used_up(trial: Trial) -> None:
    errors = [NetworkError("first"), NetworkError("second"), NetworkError("third")]
    with pytest.raises(NetworkError) as caught:
        trial.run(trial.retry(), errors)
    assert caught.value is errors[-1]
    assert caught.value.__notes__ == ["not retried after attempt 3: max_retries is 2"]
    assert len(trial.asked) == 3


def refused(trial: Trial, error: Exception, **run: Any) -> str:
    with pytest.raises(type(error)) as caught:
        trial.run(run.pop("policy", trial.retry()), [error], **run)
    assert caught.value is error
    assert len(trial.asked) == 1
    assert trial.time.waits == []
    return "".join(getattr(error, "__notes__", ()))


RETRYABLE = {
    ErrorCode.PROVIDER_UNAVAILABLE,
    ErrorCode.RATE_LIMITED,
    ErrorCode.TIMEOUT,
    ErrorCode.NETWORK,
    ErrorCode.STREAM_INTERRUPTED,
}


@pytest.mark.parametrize("code", sorted(RETRYABLE))
def test_temporary_errors_are_retried(trial: Trial, code: ErrorCode) -> None:
    assert trial.run(trial.retry(), [error_class(code)("so it goes"), "fine"]) == "fine"


@pytest.mark.parametrize("code", sorted(set(ErrorCode) - RETRYABLE))
def test_errors_that_will_not_pass_are_not_retried(trial: Trial, code: ErrorCode) -> None:
    assert refused(trial, error_class(code)("so it goes", code=code, retry_after=1.0)) == ""


def test_a_defect_of_the_program_is_not_retried(trial: Trial) -> None:
    assert refused(trial, ZeroDivisionError()) == ""


def test_a_request_that_is_not_idempotent_is_not_retried(trial: Trial) -> None:
    request = msgspec.structs.replace(REQUEST, idempotent=False)
    note = refused(trial, NetworkError("reset"), request=request)
    assert note == "not retried after attempt 1: the request is not idempotent"


def test_no_retries_means_none(trial: Trial) -> None:
    note = refused(trial, NetworkError("reset"), policy=trial.retry(max_retries=0))
    assert note == "not retried after attempt 1: max_retries is 0"


def test_the_error_is_raised_if_the_provider_advises_a_long_delay(trial: Trial) -> None:
    note = refused(trial, RateLimitError("slow", retry_after=121.0))
    assert note == (
        "not retried after attempt 1: the provider advises a delay of 121 s, "
        "max_retry_after is 120 s"
    )


def test_the_advice_of_the_provider_can_exceed_the_random_delays(trial: Trial) -> None:
    trial.run(trial.retry(max_delay=1), [RateLimitError("slow", retry_after=119.0), "fine"])

    assert trial.time.waits == [119.0]


def test_the_error_explains_that_the_provider_advises_against_a_retry(trial: Trial) -> None:
    note = refused(trial, RateLimitError("slow", details={"should_retry": False}))

    assert note == (
        "not retried after attempt 1: the provider advises against it (x-should-retry: false)"
    )


def test_no_wait_outlasts_the_total_timeout_of_the_call(trial: Trial) -> None:
    error = RateLimitError("slow", retry_after=5.0)
    script = [RateLimitError("slow", retry_after=5.0), error]
    with pytest.raises(RateLimitError) as caught:
        trial.run(trial.retry(), script, timeout=Timeout(total=10.0))
    assert caught.value is error
    assert caught.value.__notes__ == [
        "not retried after attempt 2: a delay of 5 s would exceed the total timeout of 10 s"
    ]
    assert trial.time.waits == [5.0]


def test_a_delay_that_ends_before_the_total_timeout_is_used(trial: Trial) -> None:
    script = [RateLimitError("slow", retry_after=9.9), "fine"]
    assert trial.run(trial.retry(), script, timeout=Timeout(total=10.0)) == "fine"


def test_each_retry_is_logged_with_its_facts_and_no_content(
    trial: Trial, caplog: pytest.LogCaptureFixture
) -> None:
    error = RateLimitError(
        "What do I owe you?", provider="proxy", status=429, request_id="req_1", retry_after=2.5
    )
    with caplog.at_level(logging.INFO, "chatmodels"):
        trial.run(trial.retry(), [error, "fine"])
    (record,) = caplog.records
    assert record.name == "chatmodels.resilience"
    assert record.levelname == "WARNING"
    assert record.getMessage() == (
        "generate of 'acme:large' failed: rate_limited; attempt 2 follows in 2.50 s"
    )
    facts = {
        "op": "generate",
        "provider": "acme",
        "model": "large",
        "code": "rate_limited",
        "status": 429,
        "request_id": "req_1",
        "attempt": 1,
        "delay": 2.5,
    }
    assert vars(record).items() >= facts.items()
    assert "owe" not in str(vars(record))


# The waits, whatever the numbers.

seconds = st.floats(0, 1e6)
draws = st.floats(0, 1, exclude_max=True)


@given(
    retries=st.integers(0, 50),
    initial=seconds,
    factor=st.floats(1, 1e300),
    longest=seconds,
    draw=st.lists(draws, min_size=50, max_size=50),
)
def test_waits_stay_below_a_ceiling_that_grows_up_to_the_longest(
    retries: int, initial: float, factor: float, longest: float, draw: list[float]
) -> None:
    trial = Trial()
    policy = trial.retry(
        max_retries=retries,
        initial_delay=initial,
        factor=factor,
        max_delay=longest,
        random=itertools.cycle(draw).__next__,
    )
    with pytest.raises(NetworkError):
        trial.run(policy, [NetworkError("reset") for _ in range(retries + 1)])
    assert len(trial.time.waits) == retries
    ceiling = initial
    for drawn, wait in zip(draw, trial.time.waits, strict=False):
        assert wait == drawn * min(ceiling, longest)
        ceiling = min(ceiling * factor, longest)


@given(
    total=st.floats(0.001, 100),
    advised=st.lists(st.none() | st.floats(-1, 50), max_size=20),
    draw=draws,
)
def test_all_waits_together_end_before_the_total_timeout(
    total: float, advised: list[float | None], draw: float
) -> None:
    trial = Trial()
    script: list[Exception | str] = [RateLimitError("slow", retry_after=time) for time in advised]
    policy = trial.retry(max_retries=100, random=lambda: draw)
    with contextlib.suppress(RateLimitError):
        trial.run(policy, [*script, "fine"], timeout=Timeout(total=total))
    assert trial.time.now < total
    assert all(wait <= 50 for wait in trial.time.waits)


def test_the_standard_randomness_spreads_the_waits() -> None:
    trial = Trial()
    policy = Retry(max_retries=20, factor=1.0, clock=trial.time)
    trial.run(policy, [*[NetworkError("reset")] * 20, "fine"])
    assert len(set(trial.time.waits)) > 1
    assert all(0 <= wait < 0.5 for wait in trial.time.waits)


# The value.


def test_all_numbers_out_of_range_are_reported_together() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Retry(
            max_retries=-1,
            initial_delay=math.nan,
            factor=0.5,
            max_delay=math.inf,
            max_retry_after=-1,
        )
    assert str(caught.value) == (
        "Retry: max_retries must be an integer of at least 0, not -1;"
        " initial_delay must be a number of at least 0, not nan;"
        " factor must be a number of at least 1, not 0.5;"
        " max_delay must be a number of at least 0, not inf;"
        " max_retry_after must be a number of at least 0, not -1"
    )


@pytest.mark.parametrize("wrong", [1.5, True, "2", None])
def test_retries_are_a_whole_number(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_retries must be an integer"):
        Retry(max_retries=wrong)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda policy: pickle.loads(pickle.dumps(policy))]
)
def test_a_policy_can_be_copied_and_pickled(copied: Callable[[Retry], Retry]) -> None:
    policy = Retry(max_retries=5)
    assert copied(policy) == policy


# Around a whole model.


class Script(StandardChatModel):
    """A model that streams scripted events, with one script for each attempt."""

    def __init__(self, *scripts: Sequence[str | Exception]) -> None:
        super().__init__("acme", "large", policies=[Retry(random=lambda: 0.0)])
        self.scripts = iter(scripts)

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        for piece in next(self.scripts):
            if isinstance(piece, Exception):
                raise piece
            yield TextDelta(piece)
        yield StreamEnd("stop")


def test_a_stream_is_opened_again_before_its_first_event() -> None:
    with Script([NetworkError("reset")], ["a", "b"]).stream("Hi") as stream:
        pieces = [event.text for event in stream if event.type == "text_delta"]
    assert pieces == ["a", "b"]
    assert stream.response.timing.attempts == 2


async def test_an_async_stream_is_retried_before_its_first_event() -> None:
    async with Script([NetworkError("reset")], ["a", "b"]).astream("Hi") as stream:
        pieces = [event.text async for event in stream if event.type == "text_delta"]
    assert pieces == ["a", "b"]


def test_a_stream_that_breaks_after_its_first_event_is_not_opened_again() -> None:
    pieces: list[str] = []
    with (
        pytest.raises(ChatModelError) as caught,
        Script(["a", NetworkError("reset")], ["a", "b"]).stream("Hi") as stream,
    ):
        pieces.extend(event.text for event in stream if event.type == "text_delta")
    assert pieces == ["a"]
    assert caught.value.partial is not None
    assert caught.value.partial.text == "a"


def test_a_response_that_breaks_off_is_retried() -> None:
    response = Script(["a", NetworkError("reset")], ["a", "b"]).generate("Hi")
    assert response.text == "ab"

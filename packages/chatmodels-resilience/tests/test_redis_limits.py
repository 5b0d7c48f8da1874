"""Processes share rate limits through Redis or Valkey."""

import json
import logging
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from itertools import chain
from threading import Event, Thread
from typing import Any

import pytest
from fakeredis import FakeRedis
from hypothesis import given, settings
from hypothesis import strategies as st

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    NetworkError,
    RateLimitError,
    Settings,
    Timeout,
    Usage,
    assistant,
)
from chatmodels.core.extending import CallInfo, Run, Send, Sleep
from chatmodels.resilience import RateLimit, RedisLimits
from chatmodels.resilience._redis_limits import Slot
from chatmodels.resilience._redis_scripts import CHANGE

NOWHERE = "redis://someone:hunter2@127.0.0.1:9/0?password=hunter3"


class Running:
    """A call that the test moves from effect to effect; it waits for no time."""

    def __init__(self, limit: RateLimit, *, tokens: int = 0, total: float | None = None) -> None:
        # Without a message, the estimate is `tokens` alone.
        request = ChatRequest(messages=(), settings=Settings(max_output_tokens=tokens or None))
        timeout = Timeout(total=total)
        self.call = CallInfo("generate", request, provider="a", model="m", timeout=timeout)
        self.call.started = 0.0
        self.flow: Any = limit(self.call, request)
        self.wait: float | None = None
        self.step()

    def step(self) -> float | None:
        """Continue after a wait; return the next wait, or None if the request is sent."""
        effect = next(self.flow)
        while isinstance(effect, Run):
            effect = self.flow.send(effect.function())
        assert isinstance(effect, Sleep | Send)
        self.wait = effect.seconds if isinstance(effect, Sleep) else None
        return self.wait

    def end(self, tokens: int | None) -> None:
        response = ChatResponse(message=assistant("ok"), usage=Usage(total_tokens=tokens))
        with pytest.raises(StopIteration):
            self.flow.send(response)
        self.call.end(response)

    def fail(self, error: Exception) -> None:
        effect = self.flow.throw(error)
        with pytest.raises(type(error)):
            self.flow.send(effect.function())


@pytest.fixture(params=["fake", "real"])
def client(request: pytest.FixtureRequest) -> Any:
    """A client of a server without data: one in memory, and a real one if it is installed."""
    if request.param == "fake":
        return FakeRedis()
    return request.getfixturevalue("redis_client")


Make = Callable[..., RateLimit]


@pytest.fixture
def limit(client: Any, clock: Any) -> Iterator[Make]:
    """A function that creates a limit, as in one more process; all share the time of the test."""
    shared: list[RedisLimits] = []

    def make(**options: Any) -> RateLimit:
        shared.append(RedisLimits(client=client, clock=clock))
        given = {"per": 64, "shared": shared[-1], "key": "k", "clock": clock} | options
        return RateLimit(**given)

    yield make
    for each in shared:
        each.close()


def flush(*limits: RateLimit) -> None:
    for each in limits:
        assert each.shared is not None
        each.shared.flush()


def test_all_processes_together_stay_within_the_limit(limit: Make, clock: Any) -> None:
    first, second = limit(requests=3), limit(requests=3)

    calls = [Running(each) for each in (first, second) * 4]

    assert [call.wait for call in calls] == [None, None, None, 65, 65, 65, 130, 130]
    clock.now = 65
    assert [call.step() for call in calls[3:]] == [None, None, None, 65, 65]


def test_requests_and_tokens_are_reserved_together(limit: Make) -> None:
    first, second = limit(requests=10, tokens=100), limit(requests=10, tokens=100)

    calls = [Running(each, tokens=40) for each in (first, second, first)]

    assert [call.wait for call in calls] == [None, None, 65]


def test_tokens_are_corrected_for_all(limit: Make, clock: Any) -> None:
    first, second = limit(tokens=100), limit(tokens=100)
    call = Running(first, tokens=90)
    call.end(tokens=10)
    flush(first)

    other = Running(second, tokens=90)
    assert other.wait is None

    other.end(tokens=None)
    flush(second)
    assert Running(first, tokens=1).wait == 65


def test_more_tokens_than_estimated_delay_calls_that_wait(limit: Make, clock: Any) -> None:
    first, second = limit(tokens=100), limit(tokens=100)
    early = Running(first, tokens=60)
    clock.now = 10
    late, waiting = Running(second, tokens=30), Running(second, tokens=50)
    assert (late.wait, waiting.wait) == (None, 55)

    late.end(tokens=80)
    flush(second)
    clock.now = 65

    assert waiting.step() == 10
    early.end(tokens=None)
    clock.now = 75
    assert waiting.step() is None


def test_a_call_that_is_cancelled_returns_its_place(limit: Make) -> None:
    first, second = limit(requests=1), limit(requests=1)
    running = Running(first)
    waiting = [Running(each) for each in (first, second, second)]
    assert [call.wait for call in waiting] == [65, 130, 195]

    for call in waiting:
        call.flow.close()
    flush(first, second)

    assert Running(first).wait == 65
    running.flow.close()


@pytest.mark.parametrize("step", ["first", "moved"])
def test_a_call_that_is_cancelled_while_it_reserves_returns_its_place(
    limit: Make, client: Any, clock: Any, step: str
) -> None:
    first, second = limit(requests=1), limit(requests=1)
    running = Running(first)
    if step == "first":
        flow: Any = second(running.call, running.call.request)
        effect = next(flow)
    else:
        waiting = Running(second)
        clock.now = 66  # its place is over, so that the next effect moves it
        flow = waiting.flow
        effect = next(flow)
    assert isinstance(effect, Run)
    script, cancel = client.register_script, flow.close

    def register(text: str) -> Any:
        def run(keys: list[str], arguments: list[object]) -> Any:
            reply = script(text)(keys, arguments)
            if text != CHANGE:
                cancel()  # another thread runs the function, and the call does not wait for it
            return reply

        return run

    client.register_script = register
    effect.function()
    del client.register_script
    flush(first, second)

    clock.now = 66
    assert Running(first).wait is None
    assert Running(first).wait == 65
    running.flow.close()


def test_a_call_that_is_cancelled_before_a_thread_is_free_reserves_nothing(limit: Make) -> None:
    shared = limit(requests=1)
    running = Running(shared)
    flow: Any = shared(running.call, running.call.request)
    effect = next(flow)
    flow.close()

    assert effect.function() is None

    assert Running(shared).wait == 65
    running.flow.close()


def test_a_call_that_begins_late_counts_at_its_beginning(limit: Make, clock: Any) -> None:
    first = limit(requests=1)
    _, waiting = Running(first), Running(first)
    assert waiting.wait == 65

    clock.now = 100
    assert waiting.step() is None

    clock.now = 130
    assert Running(first).wait == 35


def test_a_call_that_continues_too_early_waits_for_the_rest(limit: Make, clock: Any) -> None:
    first = limit(requests=1)
    _, waiting = Running(first), Running(first)

    clock.now = 60

    assert waiting.step() == 5


def test_the_wait_that_the_vendor_advises_holds_for_all(limit: Make, clock: Any) -> None:
    first, second = limit(requests=1), limit(requests=1)
    running, waiting = Running(first), Running(second)
    running.fail(RateLimitError("slow down", retry_after=100.0))
    running = Running(limit(requests=1, per=1))  # of other limits
    running.fail(RateLimitError("slow down", retry_after=1.0))
    running.flow.close()

    clock.now = 65
    assert waiting.step() == 35
    clock.now = 100
    assert waiting.step() is None


def test_a_shorter_advice_does_not_end_a_longer_one(limit: Make, clock: Any) -> None:
    first = limit(requests=5)
    one, two = Running(first), Running(first)
    one.fail(RateLimitError("slow down", retry_after=100.0))
    two.fail(RateLimitError("slow down", retry_after=10.0))

    assert Running(limit(requests=5)).wait == 100


def test_a_wait_beyond_the_total_time_is_an_error_at_once(limit: Make) -> None:
    first = limit(requests=1)
    _ = Running(first)

    with pytest.raises(RateLimitError) as raised:
        Running(first, total=60)

    assert raised.value.retry_after == 65
    assert Running(first, total=66).wait == 65


def test_a_wait_that_became_too_long_releases_the_place_once(
    limit: Make, clock: Any, client: Any
) -> None:
    first = limit(requests=1)
    running, waiting = Running(first), Running(first, total=70)
    running.fail(RateLimitError("slow down", retry_after=100.0))
    clock.now = 65

    with pytest.raises(RateLimitError):
        waiting.step()
    flush(first)

    fields = client.hgetall(client.keys()[0])
    assert sorted(fields) == [b"1:65", b"resume"]
    assert int(fields[b"1:65"]) == 0


def test_limits_learned_from_responses_apply_besides(limit: Make, clock: Any) -> None:
    first = limit(requests=2)
    running = Running(first)
    running.call.response_headers = {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "80",
    }
    running.end(tokens=None)

    waiting = Running(first)
    assert waiting.wait == 80
    clock.now = 80
    assert waiting.step() is None
    assert Running(limit(requests=2)).wait is None  # the first one is over


def test_nothing_is_left_on_the_server_after_the_period(limit: Make, client: Any) -> None:
    first = limit(requests=2)
    Running(first)

    (key,) = client.keys()
    assert key == b"chatmodels:limits:k:64"
    assert 64_000 <= client.pttl(key) <= 67_000


@settings(max_examples=15, deadline=None)  # a script in FakeRedis takes milliseconds
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 8), st.integers(0, 12)), max_size=10),
    st.integers(1, 4),
    st.integers(8, 20),
)
def test_no_period_ever_has_more_than_the_limits(
    calls: list[tuple[int, int, int]], requests: int, tokens: int
) -> None:
    now = [0.0]
    shared = RedisLimits(client=FakeRedis(), clock=lambda: now[0])
    limit = RateLimit(
        requests=requests, tokens=tokens, per=64, shared=shared, key="k", clock=lambda: now[0]
    )
    waiting: list[tuple[float, int, Running, int, int]] = []
    sent: list[tuple[float, int]] = []  # the time and the tokens

    def after(call: Running, number: int, estimated: int, used: int) -> None:
        if call.wait is not None:
            waiting.append((now[0] + call.wait, number, call, estimated, used))
            return
        within = [each for each in sent if each[0] > now[0] - 64]
        assert len(within) < requests
        assert sum(each[1] for each in within) + estimated <= tokens
        sent.append((now[0], min(used, estimated)))
        call.end(tokens=min(used, estimated))
        shared.flush()

    def pass_until(end: float) -> None:
        while waiting and min(waiting)[0] <= end:
            now[0], number, call, estimated, used = waiting.pop(waiting.index(min(waiting)))
            call.step()
            after(call, number, estimated, used)
        now[0] = max(now[0], end)

    for number, (seconds, estimated, used) in enumerate(calls):
        pass_until(now[0] + seconds)
        after(Running(limit, tokens=estimated), number, estimated, used)
    pass_until(now[0] + 65.0 * (len(calls) + 1))

    assert len(sent) == len(calls)


PROCESS = """
import json, sys
from chatmodels.core import ChatRequest, Settings, Timeout
from chatmodels.core.extending import CallInfo, Run, Sleep
from chatmodels.resilience import RateLimit, RedisLimits

url, per, virtual, count = sys.argv[1], float(sys.argv[2]), sys.argv[3] == "virtual", 25
now = 1_000_000.0
clock = (lambda: now) if virtual else None
shared = RedisLimits(url, clock=clock, on_failure="error", timeout=300)
options = {"clock": clock} if virtual else {}
limit = RateLimit(requests=7, tokens=300, per=per, shared=shared, key="k", **options)
starts = []
for number in range(count):
    tokens = 1 + number * 7 % 90
    request = ChatRequest(messages=(), settings=Settings(max_output_tokens=tokens))
    call = CallInfo("generate", request, provider="a", model="m", timeout=Timeout())
    flow = limit(call, request)
    effect = next(flow)
    while isinstance(effect, Run | Sleep):
        if isinstance(effect, Run):
            effect = flow.send(effect.function())
        elif not virtual:
            break
        else:
            now += effect.seconds
            effect = next(flow)
    if not isinstance(effect, Sleep):
        starts.append((now, tokens))
    else:
        flow.close()
shared.close()
print(json.dumps(starts))
"""


def run_four(url: str, per: float, kind: str) -> list[tuple[float, int]]:
    """Run four processes at the same time; return the times and tokens of the calls they sent."""
    command = [sys.executable, "-c", PROCESS, url, str(per), kind]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    outputs = [process.communicate(timeout=600) for process in running]
    assert [process.returncode for process in running] == [0] * 4, outputs
    return sorted(tuple(each) for each in chain(*(json.loads(text) for text, _ in outputs)))


def test_four_processes_never_send_more_than_the_limits(redis_url: str) -> None:
    sent = run_four(redis_url, 60, "virtual")

    assert len(sent) == 100
    for time, _ in sent:
        within = [tokens for start, tokens in sent if time - 60 < start <= time]
        assert len(within) <= 7
        assert sum(within) <= 300
    # No call waits for ever: the buckets of 60 / 64 seconds cost less than 2 % of the speed.
    assert sent[-1][0] - sent[0][0] <= sum(tokens for _, tokens in sent) / (300 - 90) * 61


def test_four_processes_share_the_clock_of_the_server(redis_url: str) -> None:
    sent = run_four(redis_url, 36_000, "real")

    assert 1 <= len(sent) <= 7
    assert sum(tokens for _, tokens in sent) <= 300


def test_each_process_limits_its_own_calls_if_the_server_fails(
    clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with RedisLimits(NOWHERE) as shared:
        limit = RateLimit(requests=1, tokens=99, per=10, shared=shared, key="k", clock=clock)
        with caplog.at_level(logging.WARNING):
            call = Running(limit)
            waits = [call.wait, Running(limit).wait]
        call.end(tokens=50)

    assert waits == [None, 10]
    assert [record.name for record in caplog.records] == ["chatmodels.resilience"]
    assert "each process limits its own calls" in caplog.text
    assert "hunter" not in caplog.text + repr(vars(caplog.records[0]))


def test_a_failure_of_the_server_can_be_an_error(clock: Any) -> None:
    shared = RedisLimits(NOWHERE, on_failure="error")
    limit = RateLimit(requests=1, shared=shared, key="k", clock=clock)

    with pytest.raises(NetworkError, match=r"127\.0\.0\.1:9/0.* failed with") as raised:
        Running(limit)

    assert "hunter" not in f"{raised.value!r} {raised.value.details} {raised.value.__cause__!r}"


class Failing(FakeRedis):
    """A server that fails from a time on."""

    failing = False

    def register_script(self, script: Any) -> Any:
        if self.failing:
            raise OSError("the server is gone")
        return super().register_script(script)


def test_corrections_that_fail_are_forgotten(clock: Any) -> None:
    client = Failing()
    shared = RedisLimits(client=client, on_failure="error", clock=clock)
    limit = RateLimit(tokens=100, per=64, shared=shared, key="k", clock=clock)
    call = Running(limit, tokens=90)
    client.failing = True

    call.end(tokens=10)
    shared.flush()

    client.failing = False
    assert Running(limit, tokens=90).wait == 65


def test_corrections_without_an_address_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    shared = RedisLimits()  # its address was there when the place was reserved

    slot = Slot("k", [(1, 5)], "10", 0.0)

    shared.change(slot, [0])
    shared.flush()

    assert slot.uses == [(0, 5)]


def test_calls_can_end_while_the_interpreter_ends(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ended(Thread):
        def start(self) -> None:
            raise RuntimeError("no new thread while the interpreter ends")

    shared = RedisLimits(client=FakeRedis(), clock=clock)
    limit = RateLimit(tokens=100, per=64, shared=shared, key="k", clock=clock)
    call = Running(limit, tokens=90)
    with monkeypatch.context() as patch:
        patch.setattr("chatmodels.resilience._redis_corrections.Thread", Ended)
        call.end(tokens=10)
    shared.flush()

    Running(limit, tokens=5).end(tokens=1)  # its correction takes the other along
    shared.flush()
    assert Running(limit, tokens=80).wait is None


class Slow(FakeRedis):
    """A server whose corrections take until the test permits them."""

    def __init__(self, permitted: Event) -> None:
        super().__init__()
        self.permitted = permitted

    def register_script(self, script: Any) -> Any:
        if script is CHANGE:
            assert self.permitted.wait(300)
        return super().register_script(script)


def test_corrections_are_sent_while_calls_go_on(clock: Any) -> None:
    permitted = Event()
    shared = RedisLimits(client=Slow(permitted), clock=clock)
    limit = RateLimit(tokens=200, per=64, shared=shared, key="k", clock=clock)
    first, second = Running(limit, tokens=90), Running(limit, tokens=90)

    first.end(tokens=10)
    second.end(tokens=10)
    permitted.set()
    shared.flush()

    assert Running(limit, tokens=90).wait is None


async def test_limits_apply_to_all_shapes_of_a_call(call: Any, scripted: Any) -> None:
    client = FakeRedis()
    with RedisLimits(client=client) as shared:
        limit = RateLimit(requests=1, tokens=1000, per=36_000, shared=shared, key="k")
        model = scripted("Hello.", "Hello?").with_policies(limit)

        assert (await call(model)).text == "Hello."
        with pytest.raises(RateLimitError):
            await call(model, timeout=300)
        shared.flush()

    fields = client.hgetall(client.keys()[0])
    assert sorted(fields.values()) == [b"1", b"15"]


@pytest.mark.parametrize(
    ("create", "problem"),
    [
        (lambda: RedisLimits("http://localhost"), "the URL begins with redis://"),
        (lambda: RedisLimits("redis://h", client=object()), "a URL or client=..., not both"),
        (lambda: RedisLimits(timeout=-1), "timeout must be a number of at least 0, not -1"),
        (lambda: RedisLimits(on_failure="x"), "on_failure is 'local' or 'error', not 'x'"),  # type: ignore[arg-type]
        (lambda: RateLimit(shared=RedisLimits(), key="k"), "pass requests=... or tokens=..."),
        (lambda: RateLimit(requests=1, shared=RedisLimits()), "pass both shared=... and key=..."),
        (lambda: RateLimit(requests=1, key="k"), "pass both shared=... and key=..."),
    ],
)
def test_wrong_arguments_are_refused(create: Callable[[], object], problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        create()

    assert problem in raised.value.message


def test_an_address_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    limit = RateLimit(requests=1, shared=RedisLimits(), key="k")

    with pytest.raises(ConfigurationError, match="pass a URL or set REDIS_URL"):
        Running(limit)


def test_the_package_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    limit = RateLimit(requests=1, shared=RedisLimits("redis://localhost"), key="k")

    with pytest.raises(ConfigurationError, match=r"pip install 'chatmodels-resilience\[redis\]'"):
        Running(limit)


def test_nothing_shows_the_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = RedisLimits(NOWHERE, on_failure="error")
    monkeypatch.delenv("REDIS_URL", raising=False)

    assert repr(shared) == "RedisLimits('redis://127.0.0.1:9/0')"
    assert repr(RedisLimits()) == "RedisLimits(REDIS_URL)"
    assert repr(RedisLimits(client=FakeRedis())) == "RedisLimits(client=FakeRedis)"
    assert b"hunter" not in pickle.dumps(shared)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:hunter/2=@localhost:6379/1", "redis://localhost:6379/1"),
        ("redis://someone:hunter#2@localhost", "redis://"),
        ("redis://:hunter?2@localhost", "redis://"),
        ("redis://localhost:port?password=hunter@2", "redis://"),
        ("redis://[::1", "redis://[::1"),
    ],
)
def test_a_password_that_is_not_encoded_is_not_shown(url: str, shown: str) -> None:
    shared = RedisLimits(url)
    limit = RateLimit(requests=1, shared=shared, key="k")

    with pytest.raises(ConfigurationError, match="percent-encoded") as raised:
        Running(limit)

    assert repr(shared) == f"RedisLimits({shown!r})"
    assert b"hunter" not in pickle.dumps(shared)
    assert "hunter" not in "".join(traceback.format_exception(raised.value))


def test_a_limit_can_be_pickled() -> None:
    shared = RedisLimits("redis://localhost:6379/3", prefix="p:", on_failure="error")
    limit = pickle.loads(pickle.dumps(RateLimit(requests=5, shared=shared, key="k")))

    assert (limit.requests, limit.key, limit.shared.prefix) == (5, "k", "p:")
    assert (repr(limit.shared), limit.shared.on_failure) == (repr(shared), "error")

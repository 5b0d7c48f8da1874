"""A policy sends several requests at the same time, and the first success counts."""

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, ClassVar

import anyio
import anyio.lowlevel
import pytest

from chatmodels.core import (
    CallTimeoutError,
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    InternalError,
    NetworkError,
    RateLimitError,
    StreamEnd,
    StreamEvent,
    TextDelta,
    Timeout,
    Usage,
    assistant,
    user,
)
from chatmodels.core.extending import (
    CallInfo,
    Collect,
    Flow,
    HttpExchange,
    Race,
    Send,
    StandardChatModel,
    adrive,
    drive,
)

LONG = 3600.0
MINUTES = 120.0

SHAPES: dict[str, Callable[..., Any]] = {
    "generate": lambda model, prompt: model.generate(prompt),
    "agenerate": lambda model, prompt: model.agenerate(prompt),
    "stream": lambda model, prompt: model.stream(prompt).collect(),
    "astream": lambda model, prompt: model.astream(prompt).collect(),
}


@pytest.fixture(params=SHAPES)
def call(request: pytest.FixtureRequest) -> Any:
    """A function that makes a call of one shape."""

    async def made(model: Any, prompt: str = "Hi") -> ChatResponse[Any]:
        outcome = SHAPES[request.param](model, prompt)
        return await outcome if inspect.isawaitable(outcome) else outcome

    return made


@pytest.fixture(autouse=True)
def threads_end() -> Iterator[None]:
    """Let all threads end after a test."""
    yield
    for model in Paced.created:
        model.released.set()
    Paced.created.clear()
    join_threads()


def requests(*texts: str) -> list[ChatRequest]:
    return [ChatRequest(messages=(user(text),)) for text in texts]


class Paced(StandardChatModel):
    """Acts as the request requires: waits, fails, or repeats the text in a stream of two events."""

    created: ClassVar["list[Paced]"] = []

    def __init__(self, name: str = "paced", **options: Any) -> None:
        super().__init__("acme", name, **options)
        self.created.append(self)
        self.released = threading.Event()
        self.ready = anyio.Event()
        self.seen: list[str] = []
        self.closed: list[str] = []

    def begin(self, request: ChatRequest, call: CallInfo) -> str:
        text = request.messages[-1].text
        self.seen.append(text)
        if call.exchanges is not None:
            call.exchanges.append(HttpExchange("POST", text))
        return text

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        text = self.begin(request, call)
        if text.startswith("slow"):
            assert self.released.wait(MINUTES)
        return self.response(text)

    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        text = self.begin(request, call)
        try:
            await self.pace(text)
        finally:
            self.closed.append(text)
        return self.response(text)

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        text = self.begin(request, call)
        try:
            if text.startswith("slow"):
                assert self.released.wait(MINUTES)
            yield TextDelta(self.response(text).text)
            yield StreamEnd("stop")
        finally:
            self.closed.append(text)

    async def aevents(self, request: ChatRequest, call: CallInfo, /) -> AsyncIterator[StreamEvent]:
        text = self.begin(request, call)
        try:
            await self.pace(text)
            yield TextDelta(self.response(text).text)
            yield StreamEnd("stop")
        finally:
            self.closed.append(text)

    async def pace(self, text: str) -> None:
        if text.startswith("slow together"):
            await self.ready.wait()
        elif text.startswith("slow"):
            await anyio.sleep_forever()

    def response(self, text: str) -> ChatResponse[Any]:
        if "limited" in text:
            raise RateLimitError(text)
        if "lost" in text:
            raise NetworkError(text)
        if "late" in text:
            raise CallTimeoutError(text)
        if "cancelled" in text:  # as by a task that the model waits for
            self.released.set()
            self.ready.set()
            raise asyncio.CancelledError(text)
        usage = Usage(input_tokens=1, output_tokens=1)
        return ChatResponse(message=assistant(text), usage=usage, finish_reason="stop")


def racing(*texts: str, delay: float = 0.0) -> Any:
    """A policy that sends texts at the same time."""

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Race([Send(each) for each in requests(*texts)], delay))

    return policy


class Watching:
    """Notes the attempts that failed, and the end."""

    def __init__(self) -> None:
        self.failed: list[tuple[str, str]] = []
        self.outcomes: list[str] = []

    def start(self, call: CallInfo) -> CallInfo:
        call.exchanges = []
        return call

    def attempt_failed(self, call: CallInfo, error: ChatModelError) -> None:
        self.failed.append((error.code, error.message))

    def end(self, call: CallInfo, response: Any, error: Any) -> None:
        self.outcomes.append(call.outcome)
        self.exchanges = call.exchanges or []
        self.request = call.request


async def test_the_first_success_is_the_outcome(call: Any) -> None:
    watching = Watching()
    model = Paced(policies=[racing("slow", "fast")], observers=[watching])

    response = await call(model)

    assert response.text == "fast"
    assert response.timing.attempts == 2
    lost = ("cancelled", "another attempt responded first")
    assert [(each.code, each.message) for each in response.failed_attempts] == [lost]
    assert response.failed_attempts[0].model == "paced"
    assert watching.failed == [lost]
    assert watching.outcomes == ["completed"]
    assert watching.request == requests("fast")[0]
    assert [(each.url, each.failure) for each in watching.exchanges] == [
        ("slow", "cancelled"),
        ("fast", None),
    ]


async def test_no_other_send_starts_if_the_first_is_fast(call: Any) -> None:
    model = Paced(policies=[racing("fast", "second", delay=LONG)])

    response = await call(model)

    assert response.text == "fast"
    assert (model.seen, response.failed_attempts) == (["fast"], ())


async def test_a_first_send_that_fails_in_time_is_the_outcome(call: Any) -> None:
    model = Paced(policies=[racing("lost", "second", delay=LONG)])

    with pytest.raises(NetworkError):
        await call(model)

    assert model.seen == ["lost"]


async def test_a_failure_does_not_end_a_send_that_is_under_way(call: Any) -> None:
    model = Paced()

    def sends() -> Iterator[Send]:
        slow, limited = requests("slow together", "limited")
        yield Send(slow)
        yield Send(limited)
        join_threads(after=1)  # async sends have none
        model.released.set()
        model.ready.set()

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Race(sends(), 0.0))

    response = await call(model.with_policies(policy))

    assert response.text == "slow together"
    assert [each.code for each in response.failed_attempts] == ["rate_limited"]


async def test_the_last_error_is_raised_if_all_fail(call: Any) -> None:
    model = Paced()

    def sends() -> Iterator[Send]:
        slow, limited = requests("slow together lost", "limited")
        yield Send(slow)
        yield Send(limited)
        join_threads(after=1)
        model.released.set()
        model.ready.set()

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Race(sends(), 0.0))

    with pytest.raises(NetworkError) as raised:
        await call(model.with_policies(policy))

    codes = {each.code for each in raised.value.failed_attempts}
    assert codes == {"network", "rate_limited"}


def once_more(times: int) -> Any:
    """A policy that sends a request again after an error."""

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        for _ in range(times - 1):
            try:
                return (yield Send(request))
            except ChatModelError:
                pass
        return (yield Send(request))

    return policy


async def test_a_send_that_cancels_itself_does_not_end_another(call: Any) -> None:
    watching = Watching()
    model = Paced(policies=[racing("slow together", "cancelled")], observers=[watching])

    response = await call(model)

    assert response.text == "slow together"
    assert response.timing.attempts == 2
    assert [each.code for each in response.failed_attempts] == ["cancelled"]
    assert watching.outcomes == ["completed"]


async def test_a_call_whose_sends_cancel_themselves_is_cancelled(call: Any) -> None:
    watching = Watching()
    model = Paced(policies=[racing("cancelled", delay=LONG)], observers=[watching])

    with pytest.raises(asyncio.CancelledError):
        await call(model)

    assert watching.outcomes == ["cancelled"]


async def test_sends_that_exceed_the_total_time_are_left(call: Any) -> None:
    watching = Watching()
    model = Paced(policies=[racing("slow", "slow")], observers=[watching], timeout=0.05)

    with pytest.raises(CallTimeoutError, match=r"within the total timeout of 0\.05 s") as raised:
        await call(model)

    assert raised.value.details["limit"] == "total"
    codes = [each.code for each in raised.value.failed_attempts]
    assert codes == ["timeout"] * len(model.seen)
    assert watching.outcomes == ["failed"]


async def test_a_failure_before_the_total_time_is_over_is_not_the_outcome(call: Any) -> None:
    model = Paced(policies=[racing("slow", "limited")], timeout=0.05)

    with pytest.raises(CallTimeoutError) as raised:
        await call(model)

    first, *others = [each.code for each in raised.value.failed_attempts]
    assert first == "timeout"
    assert others in (["rate_limited"], [])  # on a slow machine, it has no time to start


async def test_a_send_reports_the_total_time_limit_itself(call: Any) -> None:
    model = Paced(policies=[racing("late", delay=LONG)], timeout=0.001)

    with pytest.raises(CallTimeoutError, match="late"):
        await call(model)


async def test_another_model_can_win(call: Any) -> None:
    other = Paced("other")

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        slow, fast = requests("slow", "fast")
        return (yield Race([Send(slow), Send(fast, other)], 0.0))

    model = Paced(policies=[policy])

    response = await call(model)

    assert (response.text, other.seen) == ("fast", ["fast"])


async def test_the_model_of_the_call_can_win_against_another(call: Any) -> None:
    other = Paced("other")

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        slow, fast = requests("slow", "fast")
        return (yield Race([Send(slow, other), Send(fast)], 0.0))

    response = await call(Paced(policies=[policy]))

    assert response.text == "fast"
    assert [each.model for each in response.failed_attempts] == ["other"]


class Counting:
    """A policy that counts the sends that are under way, and notes their ends."""

    def __init__(self) -> None:
        self.running = 0
        self.ends: list[tuple[str, str | None, str | None]] = []

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        self.running += 1

        def end(response: Any, error: Any) -> None:
            self.running -= 1
            self.ends.append((call.outcome, response and response.text, error and error.code))

        call.on_end(end)
        return (yield Send(request))


@pytest.mark.parametrize("shape", ["agenerate", "astream"])
async def test_policies_inside_see_the_end_of_each_send(shape: str) -> None:
    counting = Counting()
    model = Paced(policies=[racing("slow", "fast"), counting])

    await SHAPES[shape](model, "Hi")

    outcome = "pending" if shape == "agenerate" else "completed"
    assert sorted(counting.ends) == sorted([("closed", None, "cancelled"), (outcome, "fast", None)])
    assert counting.running == 0
    assert sorted(model.closed) == ["fast", "slow"]


async def test_policies_inside_see_that_a_stream_is_left_early() -> None:
    counting = Counting()
    model = Paced(policies=[racing("fast", delay=LONG), counting])

    async with model.astream("Hi") as stream:
        await anext(stream)
        assert counting.running == 1

    assert counting.ends == [("closed", "fast", None)]


async def test_policies_inside_see_an_error(call: Any) -> None:
    counting = Counting()
    model = Paced(policies=[racing("lost", delay=LONG), counting])

    with pytest.raises(NetworkError):
        await call(model)

    assert counting.ends == [("pending", None, "network")]


@pytest.mark.parametrize("shape", ["generate", "stream"])
def test_a_thread_that_was_left_ends_and_sends_nothing_more(shape: str) -> None:
    counting = Counting()
    watching = Watching()
    model = Paced(
        policies=[racing("slow limited", "fast"), counting, once_more(3)], observers=[watching]
    )

    response = SHAPES[shape](model, "Hi")
    assert response.text == "fast"
    model.released.set()
    join_threads()

    assert sorted(model.seen) == ["fast", "slow limited"]
    assert counting.running == 0
    assert ("closed", None, "cancelled") in counting.ends
    assert watching.failed == [("cancelled", "another attempt responded first")]


def test_a_thread_that_was_left_closes_its_stream() -> None:
    counting = Counting()
    model = Paced(policies=[racing("slow", "fast"), counting])

    assert model.stream("Hi").collect().text == "fast"
    model.released.set()
    join_threads()

    assert sorted(model.closed) == ["fast", "slow"]
    assert ("closed", None, None) in counting.ends


def test_a_thread_that_was_left_reports_its_usage() -> None:
    counting = Counting()
    model = Paced(policies=[racing("slow", "fast"), counting])

    model.generate("Hi")
    model.released.set()
    join_threads()

    assert ("closed", "slow", None) in counting.ends


def race_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "chatmodels race"]


def join_threads(after: int = 0) -> None:
    """Wait for the threads of races but the first ones."""
    for thread in race_threads()[after:]:
        thread.join(MINUTES)
        assert not thread.is_alive()


@pytest.mark.parametrize("shape", ["generate", "stream"])
def test_one_of_two_successes_at_the_same_time_is_the_outcome(shape: str) -> None:
    counting = Counting()

    def sends() -> Iterator[Send]:
        yield from map(Send, requests("slow one", "slow two"))
        model.released.set()
        join_threads()

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Race(sends(), 0.0))

    model = Paced(policies=[policy, counting])

    response = SHAPES[shape](model, "Hi")

    assert response.text in {"slow one", "slow two"}
    assert [each.code for each in response.failed_attempts] == ["cancelled"]
    assert counting.running == 0
    assert sorted(model.closed) == ([] if shape == "generate" else ["slow one", "slow two"])


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize("shape", ["agenerate", "astream"])
async def test_one_of_two_async_successes_at_the_same_time_is_the_outcome(
    anyio_backend: str, shape: str
) -> None:
    counting = Counting()

    def sends() -> Iterator[Send]:
        yield from map(Send, requests("slow together", "slow together"))
        model.ready.set()

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Race(sends(), 0.0))

    model = Paced(policies=[policy, counting])

    response = await SHAPES[shape](model, "Hi")

    assert response.text == "slow together"
    assert [each.code for each in response.failed_attempts] == ["cancelled"]
    assert counting.running == 0
    assert model.closed == ["slow together", "slow together"]


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize("shape", ["agenerate", "astream"])
async def test_two_async_failures_at_the_same_time_are_both_noted(
    anyio_backend: str, shape: str
) -> None:
    def sends() -> Iterator[Send]:
        yield from map(Send, requests("slow together lost", "slow together limited"))
        model.ready.set()

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Race(sends(), 0.0))

    model = Paced(policies=[policy])

    with pytest.raises(ChatModelError) as raised:
        await SHAPES[shape](model, "Hi")

    codes = {each.code for each in raised.value.failed_attempts}
    assert codes == {"network", "rate_limited"}


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize("shape", ["agenerate", "astream"])
async def test_a_cancellation_ends_all_sends(anyio_backend: str, shape: str) -> None:
    counting = Counting()
    watching = Watching()
    model = Paced(policies=[racing("slow 1", "slow 2"), counting], observers=[watching])

    async with anyio.create_task_group() as group:
        group.start_soon(SHAPES[shape], model, "Hi")
        while len(model.seen) < 2:
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()

    assert sorted(model.closed) == ["slow 1", "slow 2"]
    assert counting.running == 0
    assert watching.outcomes == ["cancelled"]
    assert watching.failed == []


def test_an_interruption_leaves_the_threads() -> None:
    watching = Watching()

    def sends() -> Iterator[Send]:
        yield Send(requests("slow limited")[0])
        raise KeyboardInterrupt

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Race(sends(), 0.0))

    model = Paced(policies=[policy, once_more(2)], observers=[watching])

    with pytest.raises(KeyboardInterrupt):
        model.generate("Hi")
    model.released.set()
    join_threads()

    assert model.seen == ["slow limited"]
    assert (watching.outcomes, watching.failed) == (["cancelled"], [])


async def test_an_error_of_the_policy_itself_is_raised(call: Any) -> None:
    def sends() -> Iterator[Send]:
        yield Send(requests("slow")[0])
        raise RateLimitError("no more")

    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Race(sends(), 0.0))

    model = Paced(policies=[policy])

    with pytest.raises(RateLimitError, match="no more"):
        await call(model)


@pytest.mark.parametrize(
    ("sends", "message"),
    [([], r"has no Send\(...\)"), (["fast"], r"has Send\(...\), not str")],
    ids=["none", "other"],
)
async def test_wrong_sends_are_refused(call: Any, sends: Any, message: str) -> None:
    def policy(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Race(sends, 0.0))

    with pytest.raises(InternalError, match=message):
        await call(Paced(policies=[policy]))


async def test_a_race_can_be_within_another(call: Any) -> None:
    def inner(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        text = request.messages[0].text
        return (yield Race([Send(each) for each in requests(f"slow {text}", text)], 0.0))

    model = Paced(policies=[racing("slow", "fast"), inner])

    response = await call(model)

    assert response.text == "fast"
    assert response.failed_attempts[-1].code == "cancelled"


async def test_a_policy_inside_can_read_its_stream_to_the_end(call: Any) -> None:
    def collecting(call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        return (yield Collect((yield Send(request))))

    model = Paced(policies=[racing("slow", "fast"), collecting])

    response = await call(model)

    assert response.text == "fast"


def call_info() -> CallInfo:
    request = ChatRequest(messages=(user("Hi"),))
    return CallInfo("generate", request, provider="acme", model="m", timeout=Timeout())


def test_a_race_can_be_driven_alone() -> None:
    policy = racing("a", "b", delay=LONG)

    def perform(effect: Send) -> str:
        return effect.request.messages[0].text

    info = call_info()
    assert drive((policy,), info, Send(info.request), perform) == "a"


async def test_a_race_can_be_driven_alone_async() -> None:
    policy = racing("slow", "b")

    async def perform(effect: Send) -> str:
        text = effect.request.messages[0].text
        if text == "slow":
            await anyio.sleep_forever()
        return text

    info = call_info()
    assert await adrive((policy,), info, Send(info.request), perform) == "b"
    assert [each.code for each in info.failed_attempts] == [ErrorCode.CANCELLED]

"""The calls that are under way at the same time are limited."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from chatmodels.core import (
    CallTimeoutError,
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    NetworkError,
    RateLimitError,
    StreamEnd,
    StreamEvent,
    TextDelta,
    Timeout,
    assistant,
)
from chatmodels.core.extending import CallInfo, StandardChatModel
from chatmodels.resilience import Concurrency


class Gated(StandardChatModel):
    """Responds when the test opens the gate; counts the calls under way."""

    def __init__(self, concurrency: Concurrency) -> None:
        super().__init__("acme", "large", policies=[concurrency])
        self.gate: Any = threading.Event()
        self.running = self.most = 0
        self.lock = threading.Lock()

    def _enter(self) -> None:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)

    def _leave(self) -> None:
        with self.lock:
            self.running -= 1

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        self._enter()
        self.gate.wait()
        self._leave()
        return ChatResponse(message=assistant("Hello"))

    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        self._enter()
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
        self._leave()
        return ChatResponse(message=assistant("Hello"))

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        yield TextDelta("so far")
        yield StreamEnd()


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - the condition has no event
        await anyio.sleep(0.001)


def test_threads_share_the_limit() -> None:
    concurrency = Concurrency(3)
    model = Gated(concurrency)
    model.gate = threading.Barrier(3)  # passed by three calls at a time, or never

    with ThreadPoolExecutor(12) as pool:
        responses = list(pool.map(model.generate, ["Hi"] * 12))

    assert [each.text for each in responses] == ["Hello"] * 12
    assert model.most == 3
    assert repr(concurrency) == "<Concurrency: 0 of 3 calls under way>"


async def test_tasks_share_the_limit() -> None:
    model = Gated(Concurrency(3))

    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(model.agenerate, "Hi")

    assert model.most == 3


async def test_a_thread_and_a_task_share_the_limit() -> None:
    concurrency = Concurrency(1)
    model = Gated(concurrency)

    async with anyio.create_task_group() as group:
        group.start_soon(anyio.to_thread.run_sync, model.generate, "Hi")
        await until(lambda: concurrency.running == 1)
        group.start_soon(model.agenerate, "Hi")
        await until(lambda: len(concurrency._waiting) == 1)
        model.gate.set()

    assert model.most == 1
    assert concurrency.running == 0


async def test_a_stream_has_its_place_until_it_ends() -> None:
    concurrency = Concurrency(1)
    model = Gated(concurrency)

    async with model.astream("Hi") as astream:
        assert concurrency.running == 1
        await astream.collect()
        assert concurrency.running == 0
    with model.stream("Hi"):
        assert concurrency.running == 1

    assert concurrency.running == 0


async def test_a_cancelled_wait_leaves_the_queue() -> None:
    concurrency = Concurrency(1)
    model = Gated(concurrency)
    scope = anyio.CancelScope()

    async def cancelled() -> None:
        with scope:
            await model.agenerate("Hi")

    with model.stream("Hi"):
        async with anyio.create_task_group() as group:
            group.start_soon(cancelled)
            await until(lambda: len(concurrency._waiting) == 1)
            scope.cancel()
        assert len(concurrency._waiting) == 0

    assert concurrency.running == 0


async def test_a_wait_beyond_the_total_time_is_an_error() -> None:
    concurrency = Concurrency(1)
    model = Gated(concurrency)

    with model.stream("Hi"):
        with pytest.raises(CallTimeoutError, match="all 1 concurrent calls ran"):
            await model.agenerate("Hi", timeout=Timeout(total=0.01))
        with pytest.raises(CallTimeoutError, match=r"the total timeout of 0\.01 s"):
            await anyio.to_thread.run_sync(lambda: model.generate("Hi", timeout=0.01))

    assert concurrency.running == 0


def test_an_interrupted_wait_leaves_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    concurrency = Concurrency(1)
    model = Gated(concurrency)

    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    with model.stream("Hi"):
        monkeypatch.setattr(threading.Event, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.generate("Hi")
        assert len(concurrency._waiting) == 0


def test_a_place_that_comes_with_the_interruption_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    concurrency = Concurrency(1)
    model = Gated(concurrency)
    stream = model.stream("Hi")

    def interrupted(*_: object) -> bool:
        stream.close()
        raise KeyboardInterrupt

    with stream:
        monkeypatch.setattr(threading.Event, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.generate("Hi")

    assert concurrency.running == 0


async def test_a_failure_frees_the_place(call: Any, scripted: Any) -> None:
    concurrency = Concurrency(1)

    with pytest.raises(NetworkError):
        await call(scripted(NetworkError("lost")).with_policies(concurrency))

    assert concurrency.running == 0


async def test_an_adaptive_limit_is_halved_and_grows_again(call: Any, scripted: Any) -> None:
    concurrency = Concurrency(8, adaptive=True)
    script: list[str | Exception] = [RateLimitError("slow") for _ in range(2)]
    model = scripted(*script, NetworkError("lost"), *["ok"] * 8).with_policies(concurrency)

    limits = []
    for _ in range(11):
        with suppress(NetworkError, RateLimitError):
            await call(model)
        limits.append(concurrency.current_limit)

    assert limits[:4] == [4, 2, 2, 2]
    assert limits == sorted(limits[:1]) + sorted(limits[1:])
    assert limits[-1] == 4


async def test_an_adaptive_limit_never_falls_below_one(call: Any, scripted: Any) -> None:
    concurrency = Concurrency(2, adaptive=True)
    model = scripted(*[RateLimitError("slow") for _ in range(4)]).with_policies(concurrency)

    for _ in range(4):
        with pytest.raises(RateLimitError):
            await call(model)

    assert concurrency.current_limit == 1


def test_the_place_of_a_task_whose_loop_is_closed_goes_to_the_next() -> None:
    concurrency = Concurrency(1)
    model = Gated(concurrency)
    model.gate.set()
    loop = asyncio.new_event_loop()

    with model.stream("Hi"):
        waiting = loop.create_task(model.agenerate("Hi"))
        while not concurrency._waiting:
            loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    assert concurrency.running == 0
    assert model.generate("Hi").text == "Hello"
    waiting._log_destroy_pending = False  # type: ignore[attr-defined] - the test destroys it


@pytest.mark.parametrize("limit", [0, 1.5, None])
def test_the_limit_must_be_a_positive_integer(limit: Any) -> None:
    with pytest.raises(ConfigurationError, match="limit must be an integer of at least 1"):
        Concurrency(limit)

"""A cancellation at any moment harms no other call, and leaves nothing behind.

Each await of a call is cancelled in turn. `CHATMODELS_CANCELLATION=full` also tries all pairs of
awaits for the second cancellation, and makes more calls afterwards.
"""

import asyncio
import gc
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Generator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import httpx2
import msgspec
import pytest
import trio

from chatmodels.http import HttpChatModel

pytestmark = pytest.mark.usefixtures("built_in")

Make = Callable[..., HttpChatModel]
Cancel = Callable[[], object]

FULL = os.environ.get("CHATMODELS_CANCELLATION") == "full"
CALLS = 100 if FULL else 20
SECONDS = 500 if FULL else 1  # more than any call has awaits; by default the next await alone
UNBOUNDED = 1_000


class Stepping:
    """A runner that counts the suspensions of a coroutine and cancels some of them."""

    def __init__(
        self, coroutine: Coroutine[Any, Any, object], moments: Collection[int], cancel: Cancel
    ) -> None:
        self._coroutine = coroutine
        self._moments = moments
        self._cancel = cancel
        self.suspensions = 0

    def __await__(self) -> Generator[Any, Any, object]:
        advance: Callable[[Any], Any] = self._coroutine.send
        value: object = None
        while True:
            try:
                waits_for = advance(value)
            except StopIteration as end:
                return end.value
            if self.suspensions in self._moments:
                self._cancel()
            self.suspensions += 1
            try:
                value = yield waits_for
            except BaseException as error:
                advance, value = self._coroutine.throw, error
            else:
                advance = self._coroutine.send


async def cancelled_task(work: Coroutine[Any, Any, object], moments: Collection[int]) -> int:
    """Cancel a task at some suspensions; return the number of suspensions."""
    stepping: list[Stepping] = []

    async def run() -> None:
        task = asyncio.current_task()
        assert task is not None
        stepping.append(Stepping(work, moments, task.cancel))
        await stepping[0]

    task = asyncio.ensure_future(run())
    await asyncio.wait([task])
    assert task.cancelled() or task.exception() is None, task.exception()
    reached = any(moment < stepping[0].suspensions for moment in moments)
    assert task.cancelled() is reached
    return stepping[0].suspensions


async def cancelled_scope(work: Coroutine[Any, Any, object], moments: Collection[int]) -> int:
    """Cancel a cancel scope at some suspensions; return the number of suspensions."""
    with anyio.CancelScope() as scope:
        stepping = Stepping(work, moments, scope.cancel)
        await stepping
    return stepping.suspensions


async def call(acme: HttpChatModel) -> None:
    await acme.agenerate("hi")


async def stream(acme: HttpChatModel) -> None:
    async with acme.astream("hi") as events:
        async for _ in events:
            pass


async def processed(acme: HttpChatModel) -> None:
    async with acme.astream("hi") as events:
        async for _ in events:
            await anyio.lowlevel.checkpoint()


async def broken_off(acme: HttpChatModel) -> None:
    async with acme.astream("hi") as events:
        async for _ in events:
            break


def echo(exchange: Any) -> str | None:
    """Respond with the text of the prompt."""
    if len(exchange.body) < int(exchange.headers["content-length"]):
        return "stop"  # cancelled while it was sent
    body = msgspec.json.decode(exchange.body)
    if not body["stream"]:
        exchange.respond(msgspec.json.encode({"text": body["prompt"]}))
        return None
    exchange.begin()
    for word in body["prompt"].split():
        exchange.event(text=word)
    exchange.event(end=True)
    exchange.end()
    return None


@asynccontextmanager
async def own(make: Make, server: Any) -> AsyncIterator[HttpChatModel]:
    yield make()


@asynccontextmanager
async def proxied(make: Make, server: Any) -> AsyncIterator[HttpChatModel]:
    yield make(base_url="http://api.acme.test", proxy=server.url)


@asynccontextmanager
async def injected_httpx(make: Make, server: Any) -> AsyncIterator[HttpChatModel]:
    async with httpx.AsyncClient() as client:
        yield make(async_http_client=client)


@asynccontextmanager
async def injected_httpx2(make: Make, server: Any) -> AsyncIterator[HttpChatModel]:
    async with httpx2.AsyncClient() as client:
        yield make(async_http_client=client)


# httpx leaves the generator of a request's body behind, of which trio complains.
@pytest.mark.filterwarnings("ignore:.*ByteStream.__aiter__:ResourceWarning")
@pytest.mark.filterwarnings("ignore:.*ByteStream.__aiter__:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("engine", [own, proxied, injected_httpx, injected_httpx2])
@pytest.mark.parametrize("work", [call, stream, processed, broken_off])
@pytest.mark.parametrize(
    ("backend", "cancel", "seconds"),
    [
        pytest.param("asyncio", cancelled_task, 0, id="task-once"),
        pytest.param("asyncio", cancelled_task, SECONDS, id="task-twice"),
        pytest.param("asyncio", cancelled_scope, 0, id="scope-asyncio"),
        pytest.param("trio", cancelled_scope, 0, id="scope-trio"),
    ],
)
def test_a_cancellation_at_any_await_harms_no_other_call(
    server: Any,
    model: Make,
    engine: Any,
    work: Callable[[HttpChatModel], Coroutine[Any, Any, object]],
    backend: str,
    cancel: Callable[[Coroutine[Any, Any, object], Collection[int]], Awaitable[int]],
    seconds: int,
) -> None:
    server.handler = echo
    # httpx keeps connections whose requests were cancelled by task.cancel() until it is closed.
    most = UNBOUNDED if engine is injected_httpx and cancel is cancelled_task else 1

    async def battery() -> None:
        tasks = living_tasks()
        async with engine(model, server) as acme:
            await work(acme)
            first = 0
            while await cancel(work(acme), (first,)) > first:
                await closed_but(most, server)
                for second in range(first + 1, first + 1 + seconds):
                    if await cancel(work(acme), (first, second)) <= second:
                        break
                first += 1
            for number in range(CALLS):
                prompt = f"call {number}"
                assert (await acme.agenerate(prompt)).text == prompt
            await closed_but(most, server)
        assert living_tasks() == tasks

    threads = set(threading.enumerate())
    gc.disable()  # nothing must wait for it
    try:
        anyio.run(battery, backend=backend)
    finally:
        gc.enable()
    server.wait_until_closed()
    newer = set(threading.enumerate()) - threads
    assert not [thread for thread in newer if thread.join(60) or thread.is_alive()]


async def closed_but(most: int, server: Any) -> None:
    # not in a thread: trio keeps its threads for ten seconds
    with anyio.fail_after(60):
        while server.open > most:
            await anyio.lowlevel.checkpoint()


def living_tasks() -> int:
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        return trio.lowlevel.current_statistics().tasks_living

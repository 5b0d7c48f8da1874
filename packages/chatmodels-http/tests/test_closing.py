"""Leaving early, cancelling and forgetting all close the connection: the server sees it."""

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from chatmodels.http import HttpChatModel

pytestmark = pytest.mark.usefixtures("built_in")

Make = Callable[..., HttpChatModel]
both = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])


@pytest.fixture
def endless(server: Any) -> Any:
    """A server that streams until the client closes, and reports whether it did."""

    def handle(exchange: Any) -> str:
        exchange.begin()
        # immediately, since the client can leave after the first one
        exchange.chunk('data: {"text": "first"}\n\ndata: {"text": "second"}\n\n')
        server.reports.put(exchange.seen_fin())
        return "stop"

    server.handler = handle
    return server


def closed(server: Any) -> bool:
    return server.reports.get(timeout=300)


def test_leaving_a_stream_early_closes_its_connection(endless: Any, model: Make) -> None:
    with model().stream("hi") as stream:
        assert next(stream.texts()) == "first"
    assert closed(endless)


def test_closing_a_stream_that_was_only_iterated_closes_its_connection(
    endless: Any, model: Make
) -> None:
    stream = model().stream("hi")
    next(stream)
    stream.close()
    assert closed(endless)


def test_a_forgotten_stream_is_closed_with_a_warning(endless: Any, model: Make) -> None:
    stream = model().stream("hi")
    next(stream)
    held = [stream]
    del stream
    with pytest.warns(ResourceWarning, match="never closed"):
        held.clear()
    assert closed(endless)


@both
async def test_leaving_an_async_stream_early_closes_its_connection(
    endless: Any, model: Make
) -> None:
    async with model().astream("hi") as stream:
        assert await anext(stream.texts()) == "first"
    assert await anyio.to_thread.run_sync(closed, endless)
    gc.collect()  # nothing is left behind that the event loop would have to close


def test_streams_that_are_open_when_their_loop_ends_are_closed_without_a_fault(
    endless: Any, model: Make, apart: Any
) -> None:
    streams: list[Any] = []
    faults: list[Any] = []

    async def begin() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
        for _ in range(5):
            stream = model().astream("hi")
            await anext(stream)
            streams.append(stream)

    apart(begin)
    assert faults == []
    assert [closed(endless) for _ in streams] == [True] * 5


@both
async def test_cancelling_a_stream_closes_its_connection(endless: Any, model: Make) -> None:
    async with anyio.create_task_group() as group:

        async def read() -> None:
            async with model().astream("hi") as stream:
                async for text in stream.texts():
                    if text == "second":
                        group.cancel_scope.cancel()

        group.start_soon(read)
    assert await anyio.to_thread.run_sync(closed, endless)


@both
async def test_cancelling_a_call_closes_its_connection(server: Any, model: Make) -> None:
    server.handler = lambda exchange: (
        server.reports.put("asked") or server.reports.put(exchange.seen_fin())
    )
    async with anyio.create_task_group() as group:
        group.start_soon(model().agenerate, "hi")
        assert await anyio.to_thread.run_sync(closed, server) == "asked"
        group.cancel_scope.cancel()
    assert await anyio.to_thread.run_sync(closed, server) is True


@both
async def test_an_async_connection_that_the_server_has_closed_is_not_reused(
    server: Any, model: Make
) -> None:
    await _hung_up_between(server, model().agenerate)


async def _hung_up_between(server: Any, ask: Any) -> None:
    def handle(exchange: Any) -> str:
        exchange.respond('{"text": "hello"}')
        exchange.hang_up()
        server.reports.put("hung up")
        return "stop"

    server.handler = handle
    for _ in range(3):
        assert (await ask("hi")).text == "hello"
        await anyio.to_thread.run_sync(closed, server)
    assert server.connections == 3


def test_a_connection_that_the_server_has_closed_is_not_used_again(
    server: Any, model: Make
) -> None:
    acme = model()

    async def ask(prompt: str) -> Any:
        return acme.generate(prompt)

    anyio.run(_hung_up_between, server, ask)


def test_connections_that_were_idle_for_long_are_closed(
    server: Any, model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    _leave_two_idle(server, model)
    monkeypatch.setattr("chatmodels.http._transport.pool.KEEP_ALIVE", -1.0)
    assert model().generate("hi").text == "hello"


def _leave_two_idle(server: Any, model: Make) -> None:
    from threading import Barrier, Thread

    together = Barrier(2)

    def handle(exchange: Any) -> None:
        together.wait(300)
        exchange.respond('{"text": "hello"}')

    server.handler = handle
    threads = [Thread(target=model().generate, args=("hi",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.connections == 2
    server.handler = lambda exchange: exchange.respond('{"text": "hello"}')


@both
async def test_async_connections_that_were_idle_for_long_are_closed(
    server: Any, model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Barrier

    together = Barrier(2)

    def handle(exchange: Any) -> None:
        together.wait(300)
        exchange.respond('{"text": "hello"}')

    server.handler = handle
    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(model().agenerate, "hi")
    assert server.connections == 2
    server.handler = lambda exchange: exchange.respond('{"text": "hello"}')
    monkeypatch.setattr("chatmodels.http._transport.pool.KEEP_ALIVE", -1.0)
    assert (await model().agenerate("hi")).text == "hello"

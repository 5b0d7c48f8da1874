"""Connecting, listing and calling, over both transports, in sync and async code."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    ConfigurationError,
    TextPart,
    Tool,
    ToolCall,
    ToolResult,
    arun_tools,
    astream_tools,
    run_tools,
    stream_tools,
)
from chatmodels.mcp import McpServer
from chatmodels.mcp._connection import Connection
from chatmodels.providers.mock import MockChatModel

ECHO = ToolCall("call_1", "kb.echo", '{"word": "hello"}')
ECHOED = ToolResult("call_1", (TextPart('{"word": "hello"}'),), "kb.echo", lenient=True)
DIRECT = ToolResult("", ECHOED.content, lenient=True)


def model() -> MockChatModel:
    return MockChatModel(responses=[ECHO, "It said hello."])


async def test_tools_of_all_pages_run_in_async_code(connect: Callable[..., McpServer]) -> None:
    async with connect() as server:
        run = await arun_tools(model(), "Say hello.", tools=server.tools)

        assert run.text == "It said hello."
        assert run.tool_ends[0].result == ECHOED
        assert {"kb.echo", "nothing"} <= {tool.name for tool in server.tools}
        assert server.tools[0].parameters["required"] == ["word"]
        assert server.tools[0].description == "The kb.echo."


def test_tools_of_all_pages_run_in_sync_code(connect: Callable[..., McpServer]) -> None:
    with connect() as server:
        run = run_tools(model(), "Say hello.", tools=server.tools)

        assert run.text == "It said hello."
        assert run.tool_ends[0].result == ECHOED
        assert {"kb.echo", "nothing"} <= {tool.name for tool in server.tools}


async def test_tools_run_in_streams(http: Callable[..., McpServer]) -> None:
    async with (
        http() as server,
        astream_tools(model(), "Say hello.", tools=server.tools) as astream,
    ):
        async for _ in astream:
            pass
    assert astream.run.tool_ends[0].result == ECHOED


def test_tools_run_in_sync_streams(http: Callable[..., McpServer]) -> None:
    with http() as server, stream_tools(model(), "Say hello.", tools=server.tools) as stream:
        for _ in stream:
            pass
    assert stream.run.tool_ends[0].result == ECHOED


def test_a_model_can_be_called_with_the_tools_alone(http: Callable[..., McpServer]) -> None:
    with http() as server:
        response = model().generate("Say hello.", tools=server.tools)

    assert response.tool_calls == [ECHO] or response.tool_calls == (ECHO,)


async def test_sync_tools_run_in_async_code_too(http: Callable[..., McpServer]) -> None:
    with http() as server:
        run = await arun_tools(model(), "Say hello.", tools=server.tools)

    assert run.tool_ends[0].result == ECHOED


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_tools_run_under_trio(
    stdio: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    # Over HTTP too, but the SDK leaves generators of httpx2 open, and trio warns of them.
    async with stdio() as server:
        assert await call(server, "kb.echo", word="hello") == DIRECT


def test_the_server_describes_itself(connect: Callable[..., McpServer]) -> None:
    server = connect()
    with server:
        info = server.info
        text = repr(server)

    assert (info.name, info.version, info.instructions) == ("sdk-server", "1.5", "Call kb.echo.")
    assert info.protocol_version in {"2026-07-28", "2025-11-25"}
    assert text.startswith("<McpServer 'sdk-server', ")
    assert repr(server).endswith(", not connected>")


def test_a_server_can_be_entered_again(
    http: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    server = http()
    for _ in range(2):
        with server:
            assert call(server, "kb.echo", word="hello") == DIRECT

    async def use() -> ToolResult:
        async with server:
            return await call(server, "kb.echo", word="hello")

    assert [asyncio.run(use()), asyncio.run(use())] == [DIRECT, DIRECT]


async def test_tools_run_at_the_same_time(http: Callable[..., McpServer]) -> None:
    words = [f"w{number}" for number in range(20)]
    async with http() as server, asyncio.TaskGroup() as group:
        tool = server.tools[0]
        calls = [group.create_task(tool(word=word)) for word in words]

    assert [done.result().text for done in calls] == [f'{{"word": "{word}"}}' for word in words]


async def test_servers_can_be_closed_in_any_order_and_task(
    http: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    first, second = http(), http()
    await first.__aenter__()
    await asyncio.create_task(second.__aenter__())
    await asyncio.create_task(first.__aexit__(None, None, None))
    assert await call(second, "kb.echo", word="hello") == DIRECT
    await second.__aexit__(None, None, None)
    await second.__aexit__(None, None, None)


async def test_the_exception_of_a_block_stays_as_it_is(http: Callable[..., McpServer]) -> None:
    with pytest.raises(ZeroDivisionError):
        async with http():
            _ = 1 / 0
    with pytest.raises(ZeroDivisionError), http():
        _ = 1 / 0


async def test_nothing_remains_after_the_block(
    connect: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    before, tasks = set(threading.enumerate()), asyncio.all_tasks()
    with connect() as server:
        await asyncio.to_thread(lambda: call(server, "kb.echo", word="hello"))
    async with connect() as server:
        await call(server, "kb.echo", word="hello")

    started = [thread for thread in set(threading.enumerate()) - before if "mcp" in thread.name]
    assert started == []
    assert asyncio.all_tasks() == tasks


def test_a_connected_server_is_not_entered_twice(
    http: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    with http() as server:
        with pytest.raises(ConfigurationError, match="is connected already"):
            server.__enter__()
        assert call(server, "kb.echo", word="hello") == DIRECT


async def test_a_server_is_used_within_its_block(http: Callable[..., McpServer]) -> None:
    server = http()
    async with server:
        tool = server.tools[0]
        sync_refresh = server.refresh
        with pytest.raises(ConfigurationError, match=r"await server\.arefresh"):
            sync_refresh()
    for use in (lambda: server.tools, lambda: server.info, server.refresh):
        with pytest.raises(ConfigurationError, match="is not connected; use it in a `with`"):
            use()
    with pytest.raises(ConfigurationError, match="is not connected; use it in a `with`"):
        await tool(word="hello")
    with http() as server:
        tool = server.tools[0]
        with pytest.raises(ConfigurationError, match=r"use server\.refresh"):
            await server.arefresh()
    with pytest.raises(ConfigurationError, match="is not connected"):
        tool(word="hello")


async def test_an_async_server_belongs_to_its_event_loop(http: Callable[..., McpServer]) -> None:
    async with http() as server:
        tool = server.tools[0]

        with pytest.raises(ConfigurationError, match="entered in another event loop"):
            await asyncio.to_thread(lambda: asyncio.run(tool(word="hello")))


async def test_a_block_that_is_cancelled_closes_the_server(raw: Callable[..., McpServer]) -> None:
    tasks, entered = asyncio.all_tasks(), asyncio.Event()

    async def use() -> None:
        async with raw():
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(use())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == tasks


async def test_connecting_can_be_cancelled() -> None:
    tasks, opened = asyncio.all_tasks(), asyncio.Event()

    @asynccontextmanager
    async def silent() -> AsyncIterator[Any]:
        send, receive = anyio.create_memory_object_stream[Any](100)
        opened.set()
        with send, receive:
            yield receive.clone(), send.clone()

    task = asyncio.create_task(McpServer(silent).__aenter__())
    await opened.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == tasks


class Starting:
    """A transport that opens when the test lets it."""

    name = "starting"
    secrets = ()
    diagnosis: Any = str  # nothing

    def __init__(self, network: str) -> None:
        self.network = network
        self.entered, self.may_open = asyncio.Event(), asyncio.Event()
        self.steps = list[str]()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Any]:
        self.entered.set()
        try:
            await self.may_open.wait()
            self.steps.append("opened")
            send, receive = anyio.create_memory_object_stream[Any](100)
            with send, receive:
                yield receive.clone(), send.clone()
        finally:
            self.steps.append("closed")


@pytest.mark.parametrize(
    ("network", "steps"), [("pipe", ["opened", "closed"]), ("tcp", ["closed"])]
)
async def test_the_start_of_a_process_is_not_cancelled(network: str, steps: list[str]) -> None:
    """asyncio leaves the pipes of a process open if its start is cancelled."""
    opening = Starting(network)
    connection = Connection(opening, list)
    task = asyncio.create_task(connection.open("starting", None))
    await opening.entered.wait()
    task.cancel()
    for _ in range(50):  # more iterations of the event loop than a cancellation needs
        await asyncio.sleep(0)
    opening.may_open.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert opening.steps == steps


def test_a_transport_of_the_sdk_can_be_passed(
    shared_http: dict[str, Any], call: Callable[..., Any]
) -> None:
    from mcp.client.streamable_http import streamable_http_client

    server = McpServer(
        lambda: streamable_http_client(shared_http[""].url), name="mine", connect_timeout=None
    )
    with server:
        assert call(server, "kb.echo", word="hello") == DIRECT
        assert repr(server).startswith("<McpServer 'mine', ")


async def test_several_servers_share_a_run(http: Callable[..., McpServer]) -> None:
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(http(prefix=name)) for name in "ab"]
        tools: list[Tool[..., Any]] = [tool for server in servers for tool in server.tools]
        replies = (ToolCall("1", "a_kb.echo", "{}"), ToolCall("2", "b_kb.echo", "{}"))
        run = await arun_tools(MockChatModel(responses=[replies, "Done."]), "Go.", tools=tools)

    assert [end.result.name for end in run.tool_ends] == ["a_kb.echo", "b_kb.echo"]
    assert not any(end.result.is_error for end in run.tool_ends)


def test_a_server_of_a_path_and_a_folder(
    tmp_path: Any, call: Callable[..., Any], stdio: Callable[..., McpServer]
) -> None:
    server = stdio(cwd=tmp_path, env={"COLOUR": "blue"})
    with server:
        assert call(server, "environment", variable="COLOUR").text == "blue"

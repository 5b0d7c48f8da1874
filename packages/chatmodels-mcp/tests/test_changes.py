"""Lists of tools that change while the server is connected."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio
import pytest

from chatmodels.mcp import McpServer
from chatmodels.mcp._notifications import listen_for_changes

CHANGED = "the tools of the MCP server %s changed"


@contextmanager
def notified(message: str) -> Generator[asyncio.Event]:
    """Set an event when a message is logged."""
    loop, event = asyncio.get_running_loop(), asyncio.Event()

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.msg.startswith(message):
                loop.call_soon_threadsafe(event.set)

    log = logging.getLogger("chatmodels.mcp")
    log.addHandler(handler := Handler())
    level = log.level
    log.setLevel(logging.INFO)
    try:
        yield event
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


@pytest.fixture(params=["stdio", "stdio --legacy", "http", "http --legacy"])
def own(
    request: pytest.FixtureRequest, stdio: Callable[..., McpServer], own_http: Callable[..., Any]
) -> Callable[..., McpServer]:
    transport, _, option = request.param.partition(" ")
    options = [option] if option else []
    return (
        own_http(*options).connect
        if transport == "http"
        else lambda **more: stdio(*options, **more)
    )


async def test_the_list_follows_the_server(
    own: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    with notified(CHANGED) as changed:
        async with own(prefix="x", deny=["leave"]) as server:
            before = [tool.name for tool in server.tools]
            number = 0
            while not changed.is_set():  # over HTTP, the stream of notifications can begin later
                await call(server, "x_learn", name=f"dance_{(number := number + 1)}")
            after = [tool.name for tool in server.tools]

    assert "x_dance_1" in set(after) - set(before)
    assert "x_leave" not in after


async def test_the_list_of_sync_code_follows_the_server(
    stdio: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    with notified(CHANGED) as changed, stdio() as server:
        call(server, "learn", name="dance")
        await changed.wait()
        assert "dance" in [tool.name for tool in server.tools]


async def test_the_list_can_be_refreshed(
    raw: Callable[..., McpServer], own_http: Callable[..., Any], call: Callable[..., Any]
) -> None:
    process = own_http()
    async with process.connect() as server, process.connect(allow=["nothing"]) as other:
        await call(server, "learn", name="dance")
        assert "dance" in [tool.name for tool in await server.arefresh()]
        assert [tool.name for tool in await other.arefresh()] == ["nothing"]


def test_the_list_of_sync_code_can_be_refreshed(
    stdio: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    with stdio() as server:
        call(server, "learn", name="dance")
        assert "dance" in [tool.name for tool in server.refresh()]


async def test_a_changed_list_that_cannot_be_read_is_logged(
    stdio: Callable[..., McpServer], call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(client: Any) -> None:
        raise ValueError

    with notified("the tools of the MCP server %s changed and could not be listed") as failed:
        async with stdio() as server:
            before = server.tools
            monkeypatch.setattr("chatmodels.mcp._connection.list_all_tools", fail)
            await call(server, "learn", name="dance")
            await failed.wait()
            assert server.tools == before


async def test_a_subscription_that_ends_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatmodels.mcp._notifications._DELAYS", (0.0,))
    client = Subscribed([["change"], None, []])
    changes = 0
    renewed = asyncio.Event()

    def on_change() -> None:
        nonlocal changes
        changes += 1
        if changes == 3:
            renewed.set()

    subscribed = anyio.Event()
    untyped: Any = client
    listening = asyncio.create_task(listen_for_changes(untyped, on_change, subscribed))
    await renewed.wait()
    assert subscribed.is_set()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    assert client.subscriptions == []


class Subscribed:
    """A client whose subscriptions report changes, and fail or end."""

    def __init__(self, subscriptions: list[Any]) -> None:
        self.subscriptions = subscriptions
        self.server_capabilities = self.tools = self.session = self
        self.list_changed = True
        self.initialize_result = None

    @asynccontextmanager
    async def listen(self, *, tools_list_changed: bool) -> AsyncGenerator[Any]:
        assert tools_list_changed
        events = self.subscriptions.pop(0) if self.subscriptions else []
        if events is None:
            raise TimeoutError
        yield iterated(events)


async def iterated(events: list[Any]) -> AsyncGenerator[Any]:
    for event in events:
        yield event

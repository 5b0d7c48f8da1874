"""Servers that fail, at once or later: errors, reconnections, time limits and cancellation."""

import asyncio
import logging
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    AuthenticationError,
    CallTimeoutError,
    ChatModelError,
    ConfigurationError,
    ErrorCode,
    NetworkError,
    PermissionDeniedError,
    ProviderUnavailableError,
    RateLimitError,
    ResponseInvalidError,
    ToolCall,
    arun_tools,
    run_tools,
)
from chatmodels.mcp import McpServer
from chatmodels.mcp._connection import Connection
from chatmodels.providers.mock import MockChatModel

WRONG_PROGRAM = "import sys; print('no configuration file', file=sys.stderr); sys.exit(3)"


def test_a_program_that_does_not_exist_is_a_wrong_configuration() -> None:
    with pytest.raises(ConfigurationError, match="cannot start the MCP server no-such-program"):
        McpServer.stdio("no-such-program").__enter__()


def test_a_program_that_fails_is_reported_with_what_it_wrote() -> None:
    server = McpServer.stdio(sys.executable, ["-c", WRONG_PROGRAM], connect_timeout=None)
    with pytest.raises(NetworkError, match="it wrote to stderr: no configuration file") as caught:
        server.__enter__()

    assert caught.value.op == "mcp"
    assert caught.value.__cause__ is not None
    assert repr(server).endswith("not connected>")


async def test_a_server_that_does_not_answer_is_a_time_out(raw: Callable[..., McpServer]) -> None:
    server = raw("--silent", connect_timeout=0.01)
    with pytest.raises(CallTimeoutError, match=r"not ready within 0\.01 s; pass connect_timeout"):
        await server.__aenter__()


def test_an_address_without_a_server_is_a_network_error(own_http: Callable[..., Any]) -> None:
    gone = own_http()
    gone.kill()
    with pytest.raises(NetworkError, match=r"cannot connect to the MCP server 127\.0\.0\.1: Conn"):
        gone.connect().__enter__()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (429, RateLimitError),
        (503, ProviderUnavailableError),
    ],
)
def test_a_status_is_an_error_of_its_kind(
    http: Callable[..., McpServer], status: int, kind: type[ChatModelError]
) -> None:
    server = http(headers={"x-refuse-with": str(status)})
    with pytest.raises(kind, match=f"returned HTTP {status}") as caught:
        server.__enter__()

    assert caught.value.status == status


async def test_a_call_continues_after_the_server_has_ended_unnoticed(
    stdio: Callable[..., McpServer], call: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "chatmodels.mcp")
    async with stdio() as server:
        with pytest.raises(NetworkError, match="was lost during the call of 'leave', which may"):
            await call(server, "leave")
        assert (await call(server, "kb.echo", word="again")).text == '{"word": "again"}'

    assert "was lost; connecting again" in caplog.text


async def test_a_lost_connection_is_reported_to_the_model(stdio: Callable[..., McpServer]) -> None:
    replies = [ToolCall("1", "leave"), ToolCall("2", "kb.echo", '{"word": "again"}'), "Done."]
    async with stdio() as server:
        run = await arun_tools(MockChatModel(responses=replies), "Go.", tools=server.tools)

    lost, echoed = (end.result for end in run.tool_ends)
    assert lost.is_error
    assert "which may have had an effect" in lost.text
    assert echoed.text == '{"word": "again"}'


async def test_reconnections_without_success_are_limited(
    raw: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    async with raw("--crash-on-call", max_reconnects=2) as server:
        for _ in range(3):
            with pytest.raises(NetworkError, match="was lost during the call"):
                await call(server, "tool_0")
        for _ in range(2):
            with pytest.raises(NetworkError, match="no call succeeded after 2 new connections"):
                await call(server, "tool_0")


async def test_a_successful_call_renews_the_limit(
    stdio: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    async with stdio(max_reconnects=1) as server:
        for _ in range(2):
            with pytest.raises(NetworkError):
                await call(server, "leave")
            assert (await call(server, "nothing")).content == ()


async def test_calls_at_the_same_time_share_one_new_connection(
    stdio: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    async with stdio(max_reconnects=1) as server:
        with pytest.raises(NetworkError):
            await call(server, "leave")
        words = [str(number) for number in range(5)]
        results = await asyncio.gather(*(call(server, "kb.echo", word=word) for word in words))

    assert [result.text for result in results] == [f'{{"word": "{word}"}}' for word in words]


@pytest.mark.parametrize("status", [404, 400])
async def test_a_call_of_a_forgotten_session_is_sent_again(
    own_http: Callable[..., Any], call: Callable[..., Any], status: int
) -> None:
    process = own_http("--legacy")
    async with process.connect(max_reconnects=1) as server:
        for word in ("again", "and again"):
            await asyncio.to_thread(process.forget, status)
            result = await call(server, "kb.echo", word=word)
            assert result.text == f'{{"word": "{word}"}}'


async def test_a_server_that_forgets_each_session_is_an_error(
    own_http: Callable[..., Any], call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = own_http("--legacy")
    async with process.connect() as server:
        await asyncio.to_thread(process.forget, 404)

        class Forgetful(Connection):
            async def call(self, request: Any, /) -> Any:
                await asyncio.to_thread(process.forget, 404)
                return await super().call(request)

        monkeypatch.setattr("chatmodels.mcp._session.Connection", Forgetful)
        with pytest.raises(NetworkError, match="rejected its own new session"):
            await call(server, "nothing")


@pytest.mark.parametrize("option", ["", "--legacy"])
async def test_a_server_that_has_started_again_is_reached_again(
    own_http: Callable[..., Any], call: Callable[..., Any], option: str
) -> None:
    process = own_http(*filter(None, [option]))
    async with process.connect() as server:
        assert await call(server, "learn", name="dance")
        process.kill()
        with pytest.raises(NetworkError, match=r"was lost \(\w+Error.*\) during the call"):
            await call(server, "kb.echo", word="again")
        process.start()
        result = await call(server, "kb.echo", word="again")
        names = [tool.name for tool in server.tools]

    assert result.text == '{"word": "again"}'
    assert "dance" not in names  # the list is that of the new process


async def test_a_call_has_a_time_limit(
    http: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    async with http(call_timeout=0.01) as server:
        with pytest.raises(CallTimeoutError, match=r"result of 'wait' within 0\.01 s; the call is"):
            await call(server, "wait")


@pytest.mark.parametrize("option", ["", "--legacy"])
async def test_a_call_that_takes_too_long_is_cancelled_at_the_server(
    stdio: Callable[..., McpServer],
    call: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    option: str,
) -> None:
    scopes: list[anyio.CancelScope] = []

    @contextmanager
    def fail_after(seconds: float | None) -> Generator[None]:
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            yield
        if scope.cancelled_caught:
            raise TimeoutError

    async with stdio(*filter(None, [option])) as server:
        monkeypatch.setattr("chatmodels.mcp._session.fail_after", fail_after)
        waiting = asyncio.create_task(call(server, "wait"))
        assert (await call(server, "await_start")).text == "started"
        for scope in scopes:
            scope.cancel()
        with pytest.raises(CallTimeoutError, match="result of 'wait' within 300 s; the call is"):
            await waiting
        assert (await call(server, "await_cancellation")).text == "cancelled"


@pytest.mark.parametrize("option", ["", "--legacy"])
async def test_a_cancelled_call_is_cancelled_at_the_server(
    stdio: Callable[..., McpServer], call: Callable[..., Any], option: str
) -> None:
    async with stdio(*filter(None, [option])) as server:
        waiting = asyncio.create_task(call(server, "wait"))
        assert (await call(server, "await_start")).text == "started"
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await call(server, "await_cancellation")).text == "cancelled"


async def test_a_cancelled_run_cancels_its_calls_at_the_server(
    own_http: Callable[..., Any], call: Callable[..., Any]
) -> None:
    model = MockChatModel(responses=[ToolCall("1", "wait")])
    async with own_http("--legacy").connect() as server:
        run = asyncio.create_task(arun_tools(model, "Wait.", tools=server.tools))
        assert (await call(server, "await_start")).text == "started"
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert (await call(server, "await_cancellation")).text == "cancelled"


async def test_a_result_against_the_protocol_is_an_error(
    raw: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    async with raw("--broken") as server:
        with pytest.raises(ResponseInvalidError, match="does not conform to the protocol"):
            await call(server, "tool_0")


def test_a_list_without_an_end_is_an_error(raw: Callable[..., McpServer]) -> None:
    with pytest.raises(ResponseInvalidError, match="the list of tools has no end") as caught:
        raw("--endless").__enter__()

    assert caught.value.code is ErrorCode.RESPONSE_INVALID
    assert caught.value.op == "mcp"


def test_an_exception_of_the_run_closes_the_server(http: Callable[..., McpServer]) -> None:
    def stop(context: Any) -> None:
        raise ZeroDivisionError

    model = MockChatModel(responses=[ToolCall("1", "nothing")])
    with pytest.raises(ZeroDivisionError), http() as server:
        run_tools(model, "Go.", tools=server.tools, before_tool=stop)

    assert repr(server).endswith("not connected>")

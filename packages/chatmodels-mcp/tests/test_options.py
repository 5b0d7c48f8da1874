"""The options: lists of tools, prefixes, strictness, limits, and their validation."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from chatmodels.core import ConfigurationError, ToolCall, arun_tools
from chatmodels.mcp import McpServer
from chatmodels.providers.mock import MockChatModel


def names(server: McpServer) -> list[str]:
    return [tool.name for tool in server.tools]


def test_only_allowed_tools_are_listed(http: Callable[..., McpServer]) -> None:
    with http(allow=["nothing", "kb.echo"]) as server:
        assert names(server) == ["kb.echo", "nothing"]


def test_denied_tools_are_not_listed(http: Callable[..., McpServer]) -> None:
    with http() as everything, http(deny={"leave", "wait"}) as server:
        assert set(names(everything)) - set(names(server)) == {"leave", "wait"}


def test_both_lists_apply_to_names_without_the_prefix(http: Callable[..., McpServer]) -> None:
    with http(prefix="docs", allow=["kb.echo"], deny=["leave"]) as server:
        assert names(server) == ["docs_kb.echo"]


@pytest.mark.parametrize("option", ["allow", "deny", "strict"])
def test_a_name_that_the_server_does_not_have_is_refused(
    http: Callable[..., McpServer], option: str
) -> None:
    server = http(**{option: ["kb.ecko"]})
    with pytest.raises(ConfigurationError, match=r"no tool 'kb\.ecko' \(tools: kb\.echo, fail, "):
        server.__enter__()
    assert repr(server).endswith("not connected>")


def test_a_server_without_tools_has_none(raw: Callable[..., McpServer]) -> None:
    with raw("--without-tools") as server:
        assert server.tools == ()
    with pytest.raises(ConfigurationError, match=r"\(tools: none\)"):
        raw("--without-tools", allow=["a"]).__enter__()


async def test_a_tool_with_a_prefix_is_called_by_its_own_name(
    http: Callable[..., McpServer],
) -> None:
    requested = ToolCall("1", "docs_kb.echo", '{"word": "a"}')
    async with http(prefix="docs") as server:
        run = await arun_tools(MockChatModel(responses=[requested, ""]), "", tools=server.tools)

    assert run.tool_ends[0].result.text == '{"word": "a"}'
    assert run.tool_ends[0].result.name == "docs_kb.echo"


@pytest.mark.parametrize(
    ("strict", "expected"), [(None, False), (True, True), (["kb.echo"], True), (["fail"], False)]
)
def test_strictness_is_chosen_for_each_tool(
    http: Callable[..., McpServer], strict: Any, expected: bool
) -> None:
    with http(strict=strict) as server:
        assert server.tools[0].definition.strict is expected


def test_a_name_that_is_listed_twice_is_one_tool(
    raw: Callable[..., McpServer], caplog: pytest.LogCaptureFixture
) -> None:
    with raw("--twice") as server:
        assert names(server) == ["tool_0"]
    assert "lists tool_0 more than once; the first definition is used" in caplog.text


@pytest.mark.parametrize(("number", "warned"), [(128, False), (129, True)])
def test_a_long_list_of_tools_is_logged(
    raw: Callable[..., McpServer], caplog: pytest.LogCaptureFixture, number: int, warned: bool
) -> None:
    caplog.set_level(logging.WARNING, "chatmodels.mcp")
    with raw("--many", str(number), name="large") as server:
        assert len(server.tools) == number

    assert (f"the MCP server large has {number} tools, and vendors" in caplog.text) is warned


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"alow": ["a"]}, r"no option 'alow' \(options: name, prefix, allow, "),
        ({"prefix": ""}, "prefix cannot be ''; pass a text or None"),
        ({"name": 7}, "name cannot be 7; pass a text or None"),
        ({"allow": "read"}, "allow cannot be 'read'; pass a list of names of tools"),
        ({"deny": [7]}, r"deny cannot be \[7\]; pass a list"),
        ({"strict": 7}, "strict cannot be 7; pass a list"),
        ({"call_timeout": 0}, "call_timeout cannot be 0; pass positive seconds or None"),
        ({"connect_timeout": True}, "connect_timeout cannot be True; pass positive seconds"),
        ({"max_reconnects": -1}, "max_reconnects cannot be -1; pass a number of connections"),
        ({"max_reconnects": 1.0}, "max_reconnects cannot be 1.0"),
        ({"allow": ["a", "b"], "deny": ["b"]}, "allow and deny both list 'b'"),
        ({"prefix": "", "call_timeout": -1}, "prefix cannot be ''.*; call_timeout cannot be -1"),
    ],
)
def test_wrong_options_are_refused_together(options: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        McpServer.http("https://mcp.example", **options)

    assert caught.value.op == "mcp"


def test_a_text_as_arguments_of_a_program_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="args cannot be the text '-y server'; pass"):
        McpServer.stdio("npx", "-y server")


@pytest.mark.parametrize("url", ["mcp.example/mcp", "ftp://mcp.example", "https:///mcp"])
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="URL begins with https:// or http:// and a host"):
        McpServer.http(url)

"""Versions of the protocol, servers that write other lines to stdout, and telemetry."""

from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from chatmodels.mcp import McpServer


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_servers_of_earlier_protocols_are_connected(
    raw: Callable[..., McpServer], call: Callable[..., Any], version: str
) -> None:
    with raw("--version", version) as server:
        assert server.info.protocol_version == version
        assert call(server, "tool_0").text == "tool_0"


def test_lines_that_are_not_json_are_skipped(
    raw: Callable[..., McpServer], call: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with raw("--noise") as server:
        assert call(server, "tool_0").text == "tool_0"


def test_an_unknown_protocol_is_an_error(raw: Callable[..., McpServer]) -> None:
    with pytest.raises(Exception, match="cannot connect to the MCP server python"):
        raw("--version", "1999-01-01").__enter__()


async def test_the_span_of_the_call_describes_the_connection(
    connect: Callable[..., McpServer], call: Callable[..., Any]
) -> None:
    tracer = TracerProvider().get_tracer("test")
    async with connect() as server:
        with tracer.start_as_current_span("execute_tool nothing") as span:
            await call(server, "nothing")

    attributes = getattr(span, "attributes", {})
    assert attributes["mcp.protocol.version"] in {"2026-07-28", "2025-11-25"}
    assert attributes["network.transport"] in {"pipe", "tcp"}

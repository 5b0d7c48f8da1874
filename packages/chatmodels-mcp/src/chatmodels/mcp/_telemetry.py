"""Attributes of the span of a tool call, by the semantic conventions for MCP.

The SDK has a span of its own for each request, and sends its context to the server.
"""

from opentelemetry.trace import get_current_span

from chatmodels.mcp._info import McpServerInfo


def describe_connection(info: McpServerInfo | None, network: str | None, /) -> None:
    """Add the protocol version and the transport to the current span, if it is recorded."""
    span = get_current_span()
    if info is not None and span.is_recording():
        span.set_attribute("mcp.protocol.version", info.protocol_version)
        if network is not None:
            span.set_attribute("network.transport", network)

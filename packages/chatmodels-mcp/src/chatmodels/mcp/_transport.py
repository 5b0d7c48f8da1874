"""The ways to reach an MCP server: what connections need to know of each."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mcp.client import Transport

McpTransport = Callable[[], "Transport"]
"""A function that returns a new transport of the SDK, such as `streamable_http_client(url)`."""


class Opening(Protocol):
    """A transport that can be opened any number of times.

    Attributes:
        name: The server's name until it reports its own; without secrets.
        network: The attribute `network.transport` of telemetry: "pipe" or "tcp".
        secrets: The texts that no message may contain.
    """

    name: str
    network: str | None
    secrets: tuple[str, ...]

    def open(self) -> "AbstractAsyncContextManager[Any]":
        """Return a new transport of the SDK."""
        ...

    def diagnosis(self) -> str:
        """Return what the server wrote before it failed; empty if nothing is known."""
        ...


class CustomTransport:
    """A transport that the program creates."""

    name: str = "MCP server"
    network: str | None = None
    secrets: tuple[str, ...] = ()

    def __init__(self, transport: McpTransport) -> None:
        self.open = transport

    def diagnosis(self) -> str:
        """Return nothing."""
        return ""

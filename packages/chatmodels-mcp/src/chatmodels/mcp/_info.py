"""The facts that a server reports about itself."""

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mcp import Client


class McpServerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that an MCP server reports about itself.

    Attributes:
        name: Its name; that of the program or of the host if it reports none.
        version: Its version; None if it reports none.
        protocol_version: The version of the protocol that both sides use, as in "2025-11-25".
        instructions: Its advice on the use of its tools, for a system message; None if there is
            none. The server wrote it, so that it can be wrong or hostile.
    """

    name: str
    version: str | None
    protocol_version: str
    instructions: str | None


def info_of(client: "Client", name: str, /) -> McpServerInfo:
    """Return the facts about the server of a client.

    Args:
        client: The client.
        name: The name of a server that does not report one.
    """
    server = client.server_info
    return McpServerInfo(
        name=name if server is None else server.name,
        version=None if server is None else server.version,
        protocol_version=client.protocol_version,
        instructions=client.instructions,
    )

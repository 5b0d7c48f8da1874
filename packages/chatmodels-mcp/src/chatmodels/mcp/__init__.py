"""Tools of MCP servers for the chat models of chatmodels."""

from chatmodels.core.extending import publish
from chatmodels.mcp._info import McpServerInfo
from chatmodels.mcp._options import McpOptions
from chatmodels.mcp._server import McpServer

__all__ = ["McpOptions", "McpServer", "McpServerInfo"]

publish(globals())

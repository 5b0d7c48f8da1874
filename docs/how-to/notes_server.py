"""An MCP server with one tool, for the guide "Agents and MCP"."""

from mcp.server import MCPServer

server = MCPServer("notes")


@server.tool(name="notes.read")
def read(title: str) -> str:
    """Read a note by its title."""
    return {"groceries": "rice, eggs"}.get(title, "there is no such note")


server.run()

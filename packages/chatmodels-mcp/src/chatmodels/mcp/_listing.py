"""Lists all tools of a server, page by page."""

from typing import TYPE_CHECKING

from chatmodels.core import ResponseInvalidError

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import Tool as ListedTool


async def list_all_tools(client: "Client", /) -> "list[ListedTool]":
    """List the tools of all pages; none if the server has no tools.

    Raises:
        ResponseInvalidError: A page refers to an earlier one, so that the list has no end.
    """
    if client.server_capabilities.tools is None:
        return []
    page = await client.list_tools()
    tools = list(page.tools)
    seen: set[str] = set()
    while page.next_cursor is not None:
        if page.next_cursor in seen:
            raise ResponseInvalidError(
                "the list of tools has no end: a page refers to an earlier one", op="mcp"
            )
        seen.add(page.next_cursor)
        page = await client.list_tools(cursor=page.next_cursor)
        tools += page.tools
    return tools

"""The use of a server from entering to leaving it: its tools, their calls, and reconnections."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from anyio import Lock, fail_after

from chatmodels.core import (
    CallTimeoutError,
    ConfigurationError,
    NetworkError,
    ResponseInvalidError,
    TextPart,
    Tool,
    ToolResult,
)
from chatmodels.core.extending import Json, logger
from chatmodels.mcp._connection import Connection
from chatmodels.mcp._errors import SessionLostError, connection_lost, status_error
from chatmodels.mcp._info import McpServerInfo
from chatmodels.mcp._options import Options
from chatmodels.mcp._results import result_of
from chatmodels.mcp._statuses import noted_failures
from chatmodels.mcp._telemetry import describe_connection
from chatmodels.mcp._tools import check_names, tools_of
from chatmodels.mcp._transport import Opening

if TYPE_CHECKING:
    from mcp.types import Tool as ListedTool

_BAD_REQUEST = 400
_SERVER_ERROR = -32000
"""The code of the TypeScript SDK for a request of a session that it does not know."""


class Session:
    """One use of a server.

    Args:
        opening: The transport.
        options: The options.
        function: Returns the function of the tool with a name.

    Attributes:
        tools: The tools by the last list of the server.
        info: The facts about the server; None until it is connected.
    """

    def __init__(
        self, opening: Opening, options: Options, function: Callable[[str], Callable[..., Any]]
    ) -> None:
        self._opening = opening
        self._options = options
        self._function = function
        self._lock = Lock()
        self._reconnects = 0
        self._connection: Connection | None = None  # made in the event loop
        self._listed: Sequence[ListedTool] = ()
        self.tools: tuple[Tool[..., Any], ...] = ()
        self.info: McpServerInfo | None = None

    @property
    def name(self) -> str:
        """The name of the server in messages."""
        return self._options.name or (self.info.name if self.info else self._opening.name)

    async def open(self) -> None:
        """Connect, and list the tools.

        Raises:
            ChatModelError: The server cannot be reached, or has no tool that the options name.
        """
        self._connection = await self._open()
        try:
            check_names(self._listed, self._options, self.name)
        except ConfigurationError:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """End the connection."""
        if self._connection is not None:
            await self._connection.aclose()

    async def refresh(self) -> None:
        """List the tools again.

        Raises:
            ChatModelError: The server cannot be reached, or did not return a list.
        """
        connection = await self._alive()
        with fail_after(self._options.connect_timeout):
            await connection.refresh()

    async def call(self, tool: str, arguments: Mapping[str, Json], /) -> ToolResult:
        """Call a tool, after a new connection if the last one was lost before the call.

        Raises:
            ChatModelError: There is no result: the time limit, a lost connection, or a server
                that cannot be reached again.
        """
        try:
            result = await self._call(await self._alive(), tool, arguments)
        except SessionLostError:
            try:
                result = await self._call(await self._alive(), tool, arguments)
            except SessionLostError as error:
                raise NetworkError(
                    f"the MCP server {self.name} rejected its own new session", op="mcp"
                ) from error
        self._reconnects = 0
        return result

    async def _call(
        self, connection: Connection, tool: str, arguments: Mapping[str, Json]
    ) -> ToolResult:

        from mcp import MCPError
        from mcp.types import CallToolRequest, CallToolRequestParams

        describe_connection(connection.info, self._opening.network)
        request = CallToolRequest(
            params=CallToolRequestParams(name=tool, arguments=dict(arguments))
        )
        timeout = self._options.call_timeout
        with noted_failures() as failures:
            try:
                with fail_after(timeout):
                    answer = await connection.call(request)
            except TimeoutError as error:
                raise CallTimeoutError(
                    f"the MCP server {self.name} did not return the result of {tool!r} within "
                    f"{timeout:g} s; the call is cancelled",
                    op="mcp",
                ) from error
            except ValueError as error:
                raise ResponseInvalidError(
                    f"the MCP server {self.name} returned a result of {tool!r} that does not "
                    "conform to the protocol",
                    op="mcp",
                ) from error
            except MCPError as error:
                refused = failures.status == _BAD_REQUEST and error.code == _SERVER_ERROR
                if failures.is_session_lost or refused:
                    connection.lose()
                    raise SessionLostError from error
                if not connection.is_alive:
                    await connection.aclose()  # so that the reason is known
                    raise connection_lost(
                        self._opening, self.name, tool, connection.failure
                    ) from connection.failure
                if (kind := status_error(failures.status)) is not None:
                    raise kind(
                        f"the MCP server {self.name} returned HTTP {failures.status} for the call "
                        f"of {tool!r}: {error.message}",
                        op="mcp",
                        status=failures.status,
                    ) from error
                return ToolResult("", (TextPart(error.message),), is_error=True)
        return result_of(answer)

    async def _alive(self) -> Connection:
        """Return the connection, or a new one if it is lost."""
        async with self._lock:
            assert self._connection is not None
            if self._connection.is_alive:
                return self._connection
            await self._connection.aclose()
            if self._reconnects >= self._options.max_reconnects:
                raise NetworkError(
                    f"the connection to the MCP server {self.name} was lost, and no call "
                    f"succeeded after {self._reconnects} new connections; check the server",
                    op="mcp",
                )
            self._reconnects += 1
            logger("chatmodels.mcp").info(
                "the connection to the MCP server %s was lost; connecting again", self.name
            )
            self._connection = await self._open()
            return self._connection

    async def _open(self) -> Connection:
        connection = Connection(self._opening, self._take_tools)
        await connection.open(self.name, self._options.connect_timeout)
        self.info = connection.info
        return connection

    def _take_tools(self, listed: "Sequence[ListedTool]") -> None:
        self._listed = listed
        self.tools = tools_of(listed, self._options, self.name, self._function)

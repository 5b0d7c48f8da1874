"""An MCP server whose tools models can call."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

from chatmodels.core import ConfigurationError, Tool, ToolResult
from chatmodels.core.extending import Json
from chatmodels.mcp._http import HttpTransport
from chatmodels.mcp._info import McpServerInfo
from chatmodels.mcp._options import McpOptions, options_of
from chatmodels.mcp._session import Session
from chatmodels.mcp._stdio import StdioTransport
from chatmodels.mcp._transport import CustomTransport, McpTransport, Opening

T = TypeVar("T")

if TYPE_CHECKING:
    from concurrent.futures import Future

    from anyio.from_thread import BlockingPortal
    from anyio.lowlevel import EventLoopToken

    from chatmodels.mcp._http import Auth


class McpServer:
    """An MCP server whose tools models can call.

    `async with` connects in the event loop, and the tools are async; `with` connects in a thread of
    its own, and the tools are sync. Tasks and threads can share the server within the block. A
    server can be entered again after the block.

    Args:
        transport: A function that returns a new transport of the SDK, for transports other than
            `stdio` and `http`. It is called for each connection.
        options: The options below.
    """

    def __init__(self, transport: McpTransport, /, **options: Unpack[McpOptions]) -> None:
        self._prepare(CustomTransport(transport), options)

    def _prepare(self, opening: Opening, options: McpOptions) -> None:
        self._opening = opening
        self._options = options_of(options)
        self._session: Session | None = None
        self._token: EventLoopToken | None = None
        self._portal: BlockingPortal | None = None
        self._portal_owner: AbstractContextManager[BlockingPortal] | None = None

    @classmethod
    def stdio(
        cls,
        command: str | PathLike[str],
        args: Sequence[str | PathLike[str]] = (),
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | PathLike[str] | None = None,
        **options: Unpack[McpOptions],
    ) -> Self:
        """Return a server that runs as a subprocess.

        Args:
            command: The program, such as "uvx" or "npx".
            args: Its arguments.
            env: Environment variables of the server. It inherits few others, such as PATH.
            cwd: The working directory; by default that of the program.
            options: The options below.

        Raises:
            ConfigurationError: An argument is invalid.
        """
        server = cls.__new__(cls)
        server._prepare(StdioTransport(command, args, env, cwd), options)
        return server

    @classmethod
    def http(
        cls,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: "Auth | None" = None,
        **options: Unpack[McpOptions],
    ) -> Self:
        """Return a server that is reached by streamable HTTP.

        Args:
            url: The endpoint, such as "https://mcp.example/mcp". Libraries log it, so that a secret
                belongs in the headers.
            headers: Headers of every request.
            auth: A bearer token; a sync or async function that returns the current one, and is
                called again after a 401; or an `httpx2.Auth`, such as `OAuthClientProvider` of the
                SDK.
            options: The options below.

        Raises:
            ConfigurationError: An argument is invalid.
        """
        server = cls.__new__(cls)
        server._prepare(HttpTransport(url, headers, auth), options)
        return server

    @property
    def tools(self) -> tuple[Tool[..., Any], ...]:
        """The tools by the server's last list, which it can change.

        Raises:
            ConfigurationError: The server is not connected.
        """
        return self._connected().tools

    @property
    def info(self) -> McpServerInfo:
        """The facts that the server reported about itself.

        Raises:
            ConfigurationError: The server is not connected.
        """
        info = self._connected().info
        assert info is not None
        return info

    def refresh(self) -> tuple[Tool[..., Any], ...]:
        """List the tools again, for a server that does not report changes.

        Raises:
            ConfigurationError: The server is not connected, or was entered with `async with`.
            ChatModelError: The server cannot be reached, or returned no list.
        """
        session = self._connected()
        if self._portal is None:
            raise ConfigurationError(
                "the MCP server was entered with `async with`; use await server.arefresh()",
                op="mcp",
            )
        self._portal.call(session.refresh)
        return session.tools

    async def arefresh(self) -> tuple[Tool[..., Any], ...]:
        """List the tools again; the async version of `refresh`."""
        session = self._connected_here()
        await session.refresh()
        return session.tools

    async def __aenter__(self) -> Self:
        from anyio.lowlevel import current_token

        session = self._begin(self._async_function)
        self._token = current_token()
        try:
            await session.open()
        except BaseException:
            self._session = None
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.aclose()

    def __enter__(self) -> Self:
        from anyio.from_thread import start_blocking_portal

        session = self._begin(self._sync_function)
        try:
            owner = start_blocking_portal(name="chatmodels-mcp")
            self._portal = owner.__enter__()
            self._portal_owner = owner
            _result(self._portal.start_task_soon(session.open))
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave()

    def __repr__(self) -> str:
        session = self._session
        state = "not connected" if session is None else f"{len(session.tools)} tools"
        name = self._opening.name if session is None else session.name
        return f"<McpServer {name!r}, {state}>"

    def _begin(self, function: Callable[[str], Callable[..., Any]]) -> Session:
        if self._session is not None:
            raise ConfigurationError(
                "the MCP server is connected already; create another McpServer", op="mcp"
            )
        self._session = Session(self._opening, self._options, function)
        return self._session

    def _leave(self) -> None:
        session, self._session = self._session, None
        portal, self._portal = self._portal, None
        owner, self._portal_owner = self._portal_owner, None
        if portal is None or owner is None:
            return
        try:
            if session is not None:
                portal.call(session.aclose)
        finally:
            owner.__exit__(None, None, None)

    def _connected(self) -> Session:
        if self._session is None:
            raise ConfigurationError(
                f"the MCP server {self._opening.name} is not connected; use it in a `with` or "
                "`async with` block",
                op="mcp",
            )
        return self._session

    def _connected_here(self) -> Session:
        from anyio.lowlevel import current_token

        session = self._connected()
        if self._portal is not None:
            raise ConfigurationError(
                "the MCP server was entered with `with`; use server.refresh()", op="mcp"
            )
        if current_token() != self._token:
            raise ConfigurationError(
                "the MCP server was entered in another event loop; enter it in this one", op="mcp"
            )
        return session

    def _async_function(self, tool: str) -> Callable[..., Any]:
        async def call(**arguments: Json) -> ToolResult:
            return await self._connected_here().call(tool, arguments)

        return call

    def _sync_function(self, tool: str) -> Callable[..., Any]:
        def call(**arguments: Json) -> ToolResult:
            session = self._connected()
            assert self._portal is not None
            return _result(self._portal.start_task_soon(session.call, tool, arguments))

        return call


def _result(future: "Future[T]") -> T:
    """Wait for a task in the event loop, and cancel it if the wait is interrupted."""
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise

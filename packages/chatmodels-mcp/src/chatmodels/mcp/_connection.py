"""One connection to an MCP server, in a task of its own."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from anyio import CancelScope, Event, create_task_group, fail_after, move_on_after
from anyio.abc import TaskGroup

from chatmodels.core.extending import error_facts, logger, spawn
from chatmodels.mcp._errors import connection_failed, connection_timed_out, root_cause
from chatmodels.mcp._info import McpServerInfo, info_of
from chatmodels.mcp._listing import list_all_tools
from chatmodels.mcp._notifications import listen_for_changes
from chatmodels.mcp._statuses import Failures, noted_failures
from chatmodels.mcp._transport import Opening
from chatmodels.mcp._watched import WatchedStream

if TYPE_CHECKING:
    from mcp import Client, ClientSession
    from mcp.client import IncomingMessage
    from mcp.types import CallToolRequest, CallToolResult
    from mcp.types import Tool as ListedTool

_CLOSING_SECONDS = 15.0
"""The limit to end a connection, longer than the SDK needs to stop a process that does not end."""

_SUBSCRIPTION_SECONDS = 5.0
"""The time after which the tools are listed although the server did not confirm a subscription."""


class Connection:
    """A connection, which belongs to a task of its own, so that any task can open and close it.

    Args:
        opening: The transport.
        on_tools: The function to call when the server has listed its tools, first and again.

    Attributes:
        info: The facts about the server; None until it is connected.
        failure: The exception that ended the connection, if one did.
    """

    def __init__(
        self, opening: Opening, on_tools: "Callable[[Sequence[ListedTool]], None]"
    ) -> None:
        self._opening = opening
        self._on_tools = on_tools
        self._scope = CancelScope()
        self._started = Event()
        self._opened = Event()
        self._closing = Event()
        self._ended = Event()
        self._changed = Event()
        self._tasks: set[object] = set()
        self._client: Client | None = None
        self._session: ClientSession | None = None
        self._failures = Failures()
        self._is_lost = False
        self.info: McpServerInfo | None = None
        self.failure: BaseException | None = None

    @property
    def is_alive(self) -> bool:
        """True if the server can answer a call."""
        return self.info is not None and not self._is_lost

    async def open(self, name: str, seconds: float | None, /) -> None:
        """Connect, and list the tools.

        Raises:
            ChatModelError: The server cannot be reached, or is no MCP server.
        """
        spawn(self._run, self._tasks)
        try:
            with fail_after(seconds):
                await self._opened.wait()
        except TimeoutError as error:
            await self.aclose()
            raise connection_timed_out(self._opening, name, seconds or 0) from error
        except BaseException:
            await self.aclose()
            raise
        if self.failure is not None:
            await self.aclose()
            raise connection_failed(self._opening, name, self.failure, self._failures.status)

    def lose(self) -> None:
        """Note that the server will not answer further calls."""
        self._is_lost = True

    async def aclose(self) -> None:
        """End the connection, and wait for its end."""
        self._closing.set()
        with CancelScope(shield=True):
            if not self._opened.is_set():
                if self._opening.network == "pipe":
                    # asyncio leaves pipes open if the start of a process is cancelled
                    with move_on_after(_CLOSING_SECONDS):
                        await self._started.wait()
                self._scope.cancel()
            with move_on_after(_CLOSING_SECONDS):
                await self._ended.wait()
            self._scope.cancel()
            await self._ended.wait()

    async def refresh(self) -> None:
        """List the tools again."""
        assert self._client is not None
        self._on_tools(await list_all_tools(self._client))

    async def call(self, request: "CallToolRequest", /) -> "CallToolResult":
        """Call a tool.

        Raises:
            MCPError: The server returned an error, or the connection is lost.
            ValueError: The result does not conform to the protocol.
        """
        from mcp.types import CallToolResult

        assert self._session is not None
        # Not `Client.call_tool`, which raises an error instead of the result if the result does
        # not conform to the output schema of the tool.
        return await self._session.send_request(request, CallToolResult)

    async def _run(self) -> None:
        from mcp import Client
        from mcp.types import Implementation

        try:
            with self._scope, noted_failures() as self._failures:
                info = Implementation(name="chatmodels-mcp", version="0.1.0")
                async with Client(
                    self._transport(),  # pyright: ignore[reportArgumentType] - a context manager
                    client_info=info,
                    message_handler=self._note_change,
                    cache=None,
                ) as self._client:
                    # The session stays usable when the client is closed: its calls then fail.
                    self._session = self._client.session
                    async with create_task_group() as group:
                        await self._subscribe(group)
                        await self.refresh()
                        self.info = info_of(self._client, self._opening.name)
                        self._opened.set()
                        group.start_soon(self._refresh_after_changes)
                        try:
                            await self._closing.wait()
                        finally:  # also if the transport fails, before its calls do
                            self.lose()
                        group.cancel_scope.cancel()
        except BaseException as error:
            self.failure = root_cause(error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._is_lost = True
            self._started.set()
            self._opened.set()
            self._ended.set()

    async def _subscribe(self, group: TaskGroup) -> None:
        """Subscribe to changes before the tools are listed, so that none is missed."""
        assert self._client is not None
        subscribed = Event()
        group.start_soon(listen_for_changes, self._client, self._changed_now, subscribed)
        with move_on_after(_SUBSCRIPTION_SECONDS):
            await subscribed.wait()
        self._changed = Event()  # a later beginning counts as a change

    @asynccontextmanager
    async def _transport(self) -> AsyncGenerator[tuple[Any, Any]]:
        async with self._opening.open() as (reading, writing):
            self._started.set()
            yield WatchedStream(reading, self.lose), writing

    async def _note_change(self, message: "IncomingMessage") -> None:
        if getattr(message, "method", None) == "notifications/tools/list_changed":
            self._changed_now()

    def _changed_now(self) -> None:
        self._changed.set()

    async def _refresh_after_changes(self) -> None:
        log = logger("chatmodels.mcp")
        while True:
            await self._changed.wait()
            self._changed = Event()
            try:
                await self.refresh()
            except Exception as error:
                log.warning(
                    "the tools of the MCP server %s changed and could not be listed",
                    self.info and self.info.name,
                    extra=error_facts(error),
                )
            else:
                log.info("the tools of the MCP server %s changed", self.info and self.info.name)

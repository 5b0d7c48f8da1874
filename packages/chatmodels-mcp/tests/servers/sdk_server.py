"""An MCP server of the official SDK with tools for each kind of result.

    python sdk_server.py stdio [--legacy]
    python sdk_server.py http PORT [--legacy]

With HTTP, it prints its port when it is ready. `--legacy` refuses the protocol of 2026-07-28.
"""

import json
import os
import socket
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
from mcp import MCPError
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.stdio import stdio_server
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ToolsListChanged
from mcp.shared.message import SessionMessage
from mcp.types import (
    INVALID_PARAMS,
    AudioContent,
    BlobResourceContents,
    CallToolRequestParams,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    ListToolsResult,
    PaginatedRequestParams,
    ResourceLink,
    TextContent,
    TextResourceContents,
    Tool,
)

PNG = b"\x89PNG\r\n\x1a\n of a pixel"
WAV = b"RIFF\x04\x00\x00\x00WAVE"
PDF = b"%PDF-1.7 of a page"
PAGE = 4
TEXT = {"type": "string"}
UNKNOWN_SESSION = {"code": -32000, "message": "Bad Request: there is no such session"}

Handler = Callable[[Any, dict[str, Any]], Awaitable[CallToolResult]]


def text(value: str) -> TextContent:
    return TextContent(type="text", text=value)


def blob(data: bytes, mime_type: str | None, name: str) -> EmbeddedResource:
    contents = BlobResourceContents(
        uri=f"file:///{name}", mime_type=mime_type, blob=b64encode(data).decode()
    )
    return EmbeddedResource(type="resource", resource=contents)


def encoded(data: bytes) -> str:
    return b64encode(data).decode()


LINK = ResourceLink(
    type="resource_link",
    name="report",
    uri="file:///private/report.csv",
    mime_type="text/csv",
    description="The numbers.",
)
RESULTS: dict[str, list[ContentBlock]] = {
    "picture": [
        text("a pixel"),
        ImageContent(type="image", data=encoded(PNG), mime_type="image/png"),
    ],
    "sound": [AudioContent(type="audio", data=encoded(WAV), mime_type="audio/wav")],
    "resource": [
        EmbeddedResource(
            type="resource", resource=TextResourceContents(uri="file:///a.txt", text="inside")
        )
    ],
    "document": [blob(PDF, "application/pdf", "the%20page.pdf")],
    "drawing": [blob(PNG, "image/png", "a.png")],
    "recording": [blob(WAV, "audio/wav; rate=8000", "a.wav")],
    "table": [blob(b"a,b\n1,2\n", "text/csv", "a.csv")],
    "archive": [blob(b"PK\x03\x04", "application/zip", "a.zip")],
    "untyped": [blob(b"\x00\x01", None, "a.bin")],
    "hollow": [ImageContent(type="image", data="", mime_type="image/png")],
    "garbled": [ImageContent(type="image", data="!", mime_type="image/png")],
    "link": [LINK, LINK.model_copy(update={"mime_type": None, "description": None})],
    "nothing": [],
}


class State:
    def __init__(self) -> None:
        self.started = anyio.Event()
        self.cancelled = anyio.Event()
        self.bus = InMemorySubscriptionBus()
        self.tools: dict[str, Tool] = {}
        self.handlers: dict[str, Handler] = {}

    def add(self, name: str, handler: Handler, /, **properties: Any) -> None:
        required = [each for each in properties if each != "optional"]
        schema: dict[str, Any] = {"type": "object", "properties": properties, "required": required}
        self.tools[name] = Tool(name=name, description=f"The {name}.", input_schema=schema)
        self.handlers[name] = handler


async def echo(ctx: Any, arguments: dict[str, Any]) -> CallToolResult:
    return CallToolResult(content=[text(json.dumps(arguments))])


async def fail(ctx: Any, arguments: dict[str, Any]) -> CallToolResult:
    content = [text("the disk is full"), *RESULTS["picture"]]
    return CallToolResult(content=content, is_error=True)


async def fail_silently(ctx: Any, arguments: dict[str, Any]) -> CallToolResult:
    return CallToolResult(content=[], is_error=True)


async def refuse(ctx: Any, arguments: dict[str, Any]) -> CallToolResult:
    raise MCPError(INVALID_PARAMS, "the city is unknown")


async def structured(ctx: Any, arguments: dict[str, Any]) -> CallToolResult:
    content = [text("21 degrees")] if arguments.get("optional") else []
    return CallToolResult(content=content, structured_content={"degrees": 21})


async def environment(ctx: Any, arguments: dict[str, Any]) -> CallToolResult:
    return CallToolResult(content=[text(os.environ.get(arguments["variable"], "absent"))])


async def headers(ctx: Any, arguments: dict[str, Any]) -> CallToolResult:
    sent = ctx.request.headers
    return CallToolResult(content=[text(sent.get(arguments["header"], "absent"))])


async def leave(ctx: Any, arguments: dict[str, Any]) -> CallToolResult:
    print("leaving because of s3cr3t-value", file=sys.stderr, flush=True)
    os._exit(1)


def stateful(state: State) -> None:
    async def wait(ctx: Any, arguments: dict[str, Any]) -> CallToolResult:
        state.started.set()
        try:
            await anyio.sleep_forever()
        finally:
            state.cancelled.set()
        raise AssertionError

    async def await_start(ctx: Any, arguments: dict[str, Any]) -> CallToolResult:
        await state.started.wait()
        return CallToolResult(content=[text("started")])

    async def await_cancellation(ctx: Any, arguments: dict[str, Any]) -> CallToolResult:
        await state.cancelled.wait()
        return CallToolResult(content=[text("cancelled")])

    async def learn(ctx: Any, arguments: dict[str, Any]) -> CallToolResult:
        state.add(arguments["name"], echo)
        await state.bus.publish(ToolsListChanged())
        if ctx.session.client_params is not None:
            await ctx.session.send_tool_list_changed()
        return CallToolResult(content=[text("learned")])

    state.add("wait", wait)
    state.add("await_start", await_start)
    state.add("await_cancellation", await_cancellation)
    state.add("learn", learn, name=TEXT)


def create() -> Server[Any]:
    state = State()
    state.add("kb.echo", echo, word=TEXT, optional={"type": "integer"})
    state.add("fail", fail)
    state.add("fail_silently", fail_silently)
    state.add("refuse", refuse)
    state.add("structured", structured, optional={"type": "boolean"})
    state.add("environment", environment, variable=TEXT)
    state.add("headers", headers, header=TEXT)
    state.add("leave", leave)
    stateful(state)
    for name, content in RESULTS.items():

        async def handler(
            ctx: Any, arguments: dict[str, Any], content: list[ContentBlock] = content
        ) -> CallToolResult:
            return CallToolResult(content=content)

        state.add(name, handler)

    async def list_tools(ctx: Any, params: PaginatedRequestParams | None) -> ListToolsResult:
        start = int(params.cursor) if params and params.cursor else 0
        tools = list(state.tools.values())
        end = start + PAGE
        cursor = str(end) if end < len(tools) else None
        return ListToolsResult(
            tools=tools[start:end], next_cursor=cursor, ttl_ms=0, cache_scope="private"
        )

    async def call_tool(ctx: Any, params: CallToolRequestParams) -> CallToolResult:
        return await state.handlers[params.name](ctx, params.arguments or {})

    return Server(
        "sdk-server",
        version="1.5",
        instructions="Call kb.echo.",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_subscriptions_listen=ListenHandler(state.bus),
    )


async def serve_stdio(server: Server[Any], *, legacy: bool) -> None:
    options = server.create_initialization_options(NotificationOptions(tools_changed=True))
    async with stdio_server() as (reading, writing), anyio.create_task_group() as group:
        send, receive = anyio.create_memory_object_stream[Any](0)
        group.start_soon(relay, reading, send, legacy)
        await server.run(receive, writing, options)


async def relay(reading: Any, send: Any, legacy: bool) -> None:
    """Pass messages on, as from a client that does not know the protocol of 2026-07-28."""
    async with send:
        async for item in reading:
            if legacy and getattr(item.message, "method", None) == "server/discover":
                unknown = item.message.model_copy(update={"method": "unknown", "params": None})
                await send.send(SessionMessage(unknown))
            else:
                await send.send(item)


def serve_http(server: Server[Any], port: int, *, legacy: bool) -> None:
    import uvicorn

    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen()
    print(listening.getsockname()[1], flush=True)
    app = guarded(server.streamable_http_app(), legacy)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listening])


def guarded(app: Any, legacy: bool) -> Any:
    """Wrap an application, so that it refuses some requests.

    Those with certain headers, and those of all sessions before a request of `/mcp/forget?STATUS`.
    With the status 400, the refusal is that of the TypeScript SDK.
    """
    known: set[bytes] = set()
    refused: dict[bytes, int] = {}

    async def call(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        session = headers.get(b"mcp-session-id", b"")
        status = int(headers.get(b"x-refuse-with", b"0")) or refused.get(session, 0)
        if headers.get(b"authorization") in {b"Bearer expired", b"Bearer wrong"}:
            status = 401
        if legacy and headers.get(b"mcp-protocol-version", b"").startswith(b"2026"):
            status = 400
        if scope.get("path") == "/mcp/forget":
            refused.update(dict.fromkeys(known, int(scope["query_string"])))
            status = 200
        known.update([session] if session else ())
        if not status:
            await app(scope, receive, send)
            return
        body = json.dumps({"jsonrpc": "2.0", "id": None, "error": UNKNOWN_SESSION}).encode()
        start = {"type": "http.response.start", "status": status}
        await send({**start, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body if status == 400 else b""})

    return call


if __name__ == "__main__":
    is_legacy = "--legacy" in sys.argv
    if sys.argv[1] == "http":
        serve_http(create(), int(sys.argv[2]), legacy=is_legacy)
    else:
        anyio.run(partial(serve_stdio, create(), legacy=is_legacy))

#!/bin/sh
# With MCP's Python SDK 2.3.0 a refused connection ends the client rather than the call. The call does not fail but is
# cancelled, with the task that entered the client: `except Exception` around the call sees nothing, and the `ConnectError`
# comes out, in an `ExceptionGroup`, only where the client is left. So retrying the call cannot help when a server restarts;
# enter a new client. A response 503 only fails its call: the client can be used again.
#
# Output seen on 2026-11-30:
#   mcp 2.3.0, httpx2 2.16.2, anyio 4.16.0
#   503, call: MCPError, next call: 3, leaving the client: no error
#   refused, call: CancelledError, next call: none, leaving the client: ExceptionGroup of ConnectError
#   new client: 3
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mcp==2.3.0 httpx2==2.16.2 anyio==4.16.0
NO_PROXY=127.0.0.1 "$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import contextlib
import socket
import sys
import threading
from importlib.metadata import version

import uvicorn
from mcp.client import Client
from mcp.server.mcpserver import MCPServer

unavailable = threading.Event()


@contextlib.contextmanager
def running():
    mcp_server = MCPServer("adder", log_level="CRITICAL")

    @mcp_server.tool()
    def add(a: int, b: int) -> int:
        return a + b

    app = mcp_server.streamable_http_app(stateless_http=True, json_response=True)

    async def with_outage(scope, receive, send):
        if scope["type"] != "http" or not unavailable.is_set():
            return await app(scope, receive, send)
        await send({"type": "http.response.start", "status": 503, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    server = uvicorn.Server(uvicorn.Config(with_outage, log_level="critical"))
    listener = socket.create_server(("127.0.0.1", port))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


async def call(client):
    try:
        seen.append((await client.call_tool("add", {"a": 1, "b": 2})).content[0].text)
    except Exception as error:
        seen.append(type(error).__name__)
    except asyncio.CancelledError:
        seen.append("CancelledError")
        raise


async def two_calls(refused):
    with contextlib.ExitStack() as stack:
        stack.enter_context(running())
        async with Client(url) as client:
            if refused:
                await asyncio.to_thread(stack.close)
            else:
                unavailable.set()
            await call(client)
            unavailable.clear()
            if refused:
                stack.enter_context(running())
            await call(client)


def outcome(refused):
    seen.clear()
    left = "no error"
    try:
        asyncio.run(two_calls(refused))
    except BaseExceptionGroup as group:
        left = f"{type(group).__name__} of {', '.join(type(error).__name__ for error in group.exceptions)}"
    return [*(seen + ["none"])[:2], left]


async def with_new_client():
    seen.clear()
    with running():
        async with Client(url) as client:
            await call(client)


with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
url = f"http://127.0.0.1:{port}/mcp"
seen = []
error_503, refused = outcome(False), outcome(True)
asyncio.run(with_new_client())
print(", ".join(f"{name} {version(name)}" for name in ("mcp", "httpx2", "anyio")))
text = "{}, call: {}, next call: {}, leaving the client: {}"
print(text.format("503", *error_503))
print(text.format("refused", *refused))
print("new client:", *seen)
sys.exit(
    error_503 != ["MCPError", "3", "no error"]
    or refused != ["CancelledError", "none", "ExceptionGroup of ConnectError"]
    or seen != ["3"]
)
PYTHON

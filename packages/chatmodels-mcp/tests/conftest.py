"""MCP servers in subprocesses, over stdio and over streamable HTTP on the loopback interface."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from chatmodels.mcp import McpServer

SERVERS = Path(__file__).parent / "servers"
SDK_SERVER = str(SERVERS / "sdk_server.py")
RAW_SERVER = str(SERVERS / "raw_server.py")

# A loaded machine can need long to start an interpreter.
UNHURRIED: Any = {"connect_timeout": None}


class HttpServer:
    """A server over HTTP, which can be killed and started again at the same address."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self._port = "0"
        self.start()

    def start(self) -> None:
        command = [sys.executable, SDK_SERVER, "http", self._port, *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._port = self._process.stdout.readline().strip()
        self.url = f"http://127.0.0.1:{self._port}/mcp"

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def forget(self, status: int) -> None:
        """Let the server refuse its sessions from now on, as after a time limit."""
        with urlopen(f"{self.url}/forget?{status}") as response:
            assert response.status == 200

    def connect(self, **options: Any) -> McpServer:
        return McpServer.http(self.url, **(UNHURRIED | options))


@pytest.fixture(scope="session")
def shared_http() -> Iterator[dict[str, HttpServer]]:
    servers = {"": HttpServer(), "--legacy": HttpServer("--legacy")}
    yield servers
    for server in servers.values():
        server.kill()


@pytest.fixture
def own_http() -> Iterator[Callable[..., HttpServer]]:
    started: list[HttpServer] = []

    def start(*options: str) -> HttpServer:
        started.append(HttpServer(*options))
        return started[-1]

    yield start
    for server in started:
        server.kill()


@pytest.fixture
def http(shared_http: dict[str, HttpServer]) -> Callable[..., McpServer]:
    """Return a server over HTTP that tests share, so that they must not change it."""
    return shared_http[""].connect


@pytest.fixture(params=["stdio", "stdio --legacy", "http", "http --legacy"])
def connect(
    request: pytest.FixtureRequest, shared_http: dict[str, HttpServer]
) -> Callable[..., McpServer]:
    """Return a server over each transport, with the newest protocol and with the one before."""
    transport, _, option = request.param.partition(" ")
    if transport == "http":
        return shared_http[option].connect
    return partial(_stdio, *filter(None, [option]))


@pytest.fixture
def stdio() -> Callable[..., McpServer]:
    """Return a server over stdio; the arguments are options of `sdk_server.py`."""
    return _stdio


@pytest.fixture
def raw() -> Callable[..., McpServer]:
    """Return a server without an SDK; the arguments are options of `raw_server.py`."""
    return _raw


@pytest.fixture
def call() -> Callable[..., Any]:
    """Return a function that calls a tool of a server, whose result can have to be awaited."""

    def call(server: McpServer, name: str, /, **arguments: Any) -> Any:
        tools = {tool.name: tool for tool in server.tools}
        return tools[name](**arguments)

    return call


def _stdio(*options: str, **more: Any) -> McpServer:
    return McpServer.stdio(sys.executable, [SDK_SERVER, "stdio", *options], **(UNHURRIED | more))


def _raw(*options: str, **more: Any) -> McpServer:
    return McpServer.stdio(sys.executable, [RAW_SERVER, *options], **(UNHURRIED | more))

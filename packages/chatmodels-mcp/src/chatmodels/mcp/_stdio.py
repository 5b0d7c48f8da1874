"""MCP servers that run as subprocesses and speak over stdin and stdout."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from os import PathLike, fspath
from typing import TYPE_CHECKING

from chatmodels.core import ConfigurationError
from chatmodels.mcp._stderr import StderrLog

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

_SHORTEST_SECRET = 4  # characters; shorter values, such as "1" and "dev", are no secrets


class StdioTransport:
    """Starts the server for each connection, and stops it with its children.

    Args:
        command: The program.
        args: Its arguments.
        env: Environment variables beside those that every server inherits, such as PATH.
        cwd: The working directory.

    Raises:
        ConfigurationError: An argument has another type.
    """

    network: str | None = "pipe"

    def __init__(
        self,
        command: str | PathLike[str],
        args: Sequence[str | PathLike[str]],
        env: Mapping[str, str] | None,
        cwd: str | PathLike[str] | None,
    ) -> None:
        if isinstance(args, str):
            raise ConfigurationError(
                f"args cannot be the text {args!r}; pass a list, one item for each argument",
                op="mcp",
            )
        self._command = fspath(command)
        self._args = [fspath(arg) for arg in args]
        self._env = dict(env or {})
        self._cwd = None if cwd is None else fspath(cwd)
        self._stderr: StderrLog | None = None
        self.name = self._command.replace("\\", "/").rpartition("/")[2]
        self.secrets = tuple(
            value for value in self._env.values() if len(value) >= _SHORTEST_SECRET
        )

    @asynccontextmanager
    async def open(self) -> "AsyncGenerator[TransportStreams]":
        """Start the server, and stop it at the end."""
        from mcp.client.stdio import StdioServerParameters, stdio_client

        parameters = StdioServerParameters(
            command=self._command,
            args=self._args,
            env=self._env,
            cwd=self._cwd,
            encoding_error_handler="replace",
        )
        with StderrLog(self.secrets) as self._stderr:
            async with stdio_client(parameters, errlog=self._stderr.file) as streams:
                yield streams

    def diagnosis(self) -> str:
        """Return the last lines that the server wrote to stderr."""
        return "" if self._stderr is None else self._stderr.tail()

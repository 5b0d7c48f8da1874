"""The tools of a command line: functions of Python files, and MCP servers."""

import re
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.util import module_from_spec, spec_from_file_location
from inspect import isfunction
from typing import TYPE_CHECKING, Any

import click

from chatmodels.core import Tool, tool

if TYPE_CHECKING:
    from chatmodels.mcp import McpServer

_PREFIX = re.compile(r"([A-Za-z]\w*)=(.*)", re.DOTALL)


def open_tools(
    files: Sequence[str], servers: Sequence[str], stack: ExitStack, /
) -> list[Tool[..., Any]]:
    """Return the tools of files and of MCP servers.

    Args:
        files: Paths of Python files.
        servers: Addresses or command lines of MCP servers, each optionally after `PREFIX=`.
        stack: The block that the servers are connected in.

    Raises:
        UsageError: A file fails or has no tools, or chatmodels-mcp is not installed.
        ChatModelError: A server cannot be started or reached.
    """
    tools = [found for path in files for found in tools_of(path)]
    for server in servers:
        tools += stack.enter_context(_server(server)).tools
    return tools


def tools_of(path: str, /) -> list[Tool[..., Any]]:
    """Run a Python file and return its tools.

    These are the functions with the decorator `@tool`, or all public functions if there is none.

    Raises:
        UsageError: The file fails, or has no functions.
    """
    name = f"chatmodels_tools_{abs(hash(path))}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise click.UsageError(f"{path} is not a Python file; its name ends with .py")
    module = sys.modules[name] = module_from_spec(spec)  # annotations are resolved in it
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise click.UsageError(f"{path} failed: {type(error).__name__}: {error}") from error
    members = vars(module).values()
    chosen: list[Tool[..., Any]] = [member for member in members if isinstance(member, Tool)]
    if not chosen:
        functions = [each for each in members if isfunction(each) and each.__module__ == name]
        chosen = [tool(each) for each in functions if not each.__name__.startswith("_")]
    if not chosen:
        raise click.UsageError(f"{path} has no functions that could be tools")
    return chosen


def _server(address: str) -> "McpServer":
    try:
        from chatmodels.mcp import McpServer
    except ImportError:
        raise click.UsageError("MCP servers need: pip install chatmodels-mcp") from None
    found = _PREFIX.fullmatch(address)
    prefix, place = found.groups() if found else (None, address)
    if place.startswith(("https://", "http://")):
        return McpServer.http(place, prefix=prefix)
    from shlex import split

    command, *arguments = split(place) or [""]
    return McpServer.stdio(command, arguments, prefix=prefix)

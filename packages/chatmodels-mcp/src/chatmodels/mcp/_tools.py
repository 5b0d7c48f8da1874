"""Converts the tools that an MCP server lists to tools of chatmodels."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chatmodels.core import ConfigurationError, Tool
from chatmodels.core.extending import ToolDefinition, logger
from chatmodels.mcp._options import Options

if TYPE_CHECKING:
    from mcp.types import Tool as ListedTool

MANY_TOOLS = 128
"""The limit that OpenAI's API reference had for the tools of one request."""


def tools_of(
    listed: "Sequence[ListedTool]",
    options: Options,
    server: str,
    function: Callable[[str], Callable[..., Any]],
    /,
) -> tuple[Tool[..., Any], ...]:
    """Convert the tools that the options allow.

    Args:
        listed: The tools of the server.
        options: The options.
        server: The name of the server, for the log.
        function: Returns the function that calls the tool with a name.
    """
    log = logger("chatmodels.mcp")
    unique = {tool.name: tool for tool in reversed(listed)}
    if len(unique) < len(listed):
        names = [tool.name for tool in listed]
        twice = sorted({name for name in names if names.count(name) > 1})
        log.warning(
            "the MCP server %s lists %s more than once; the first definition is used",
            server,
            ", ".join(twice),
        )
    tools = tuple(
        Tool.from_definition(_definition(unique[name], options), function(name))
        for name in dict.fromkeys(tool.name for tool in listed)
        if name not in options.deny and (options.allow is None or name in options.allow)
    )
    if len(tools) > MANY_TOOLS:
        log.warning(
            "the MCP server %s has %d tools, and vendors can accept fewer than %d in a request; "
            "pass allow=... or deny=...",
            server,
            len(tools),
            len(tools),
        )
    return tools


def check_names(listed: "Sequence[ListedTool]", options: Options, server: str, /) -> None:
    """Check that the server has the tools that the options name.

    Raises:
        ConfigurationError: It has not; a denied tool with another name would be used.
    """
    names = [tool.name for tool in listed]
    strict = options.strict if isinstance(options.strict, frozenset) else frozenset[str]()
    unknown = sorted({*(options.allow or ()), *options.deny, *strict}.difference(names))
    if unknown:
        raise ConfigurationError(
            f"the MCP server {server} has no tool {', '.join(map(repr, unknown))} "
            f"(tools: {', '.join(names) or 'none'}); correct allow, deny and strict",
            op="mcp",
        )


def _definition(tool: "ListedTool", options: Options) -> ToolDefinition:
    name = f"{options.prefix}_{tool.name}" if options.prefix else tool.name
    strict = options.strict if isinstance(options.strict, bool) else tool.name in options.strict
    description = tool.description or tool.title or ""
    return ToolDefinition(name, description, tool.input_schema, strict, lenient=True)

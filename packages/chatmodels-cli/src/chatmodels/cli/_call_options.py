"""The options of a single call that `ask` and `chat` share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

FILE = click.Path(exists=True, dir_okay=False)


def call_options(function: F, /) -> F:
    """Add the options for the system prompt, attachments and tools."""
    for option in (
        click.option(
            "--approve", is_flag=True, help="Request your approval before a tool is called."
        ),
        click.option(
            "--mcp",
            "servers",
            metavar="SERVER",
            multiple=True,
            help="An MCP server whose tools the model may call: a URL or a command line, with "
            "PREFIX= before it to rename its tools. Requires chatmodels-mcp. Repeatable.",
        ),
        click.option(
            "--tools",
            "tool_files",
            type=FILE,
            multiple=True,
            help="A Python file with functions that the model may call: those with @tool, or else "
            "all public ones. The file is run. Repeatable.",
        ),
        click.option(
            "-a",
            "--attach",
            "attachments",
            metavar="FILE",
            multiple=True,
            help="An image, audio, a document or another file, or its URL. Repeatable.",
        ),
        click.option(
            "--system", metavar="TEXT", help="The system prompt, or @ and a file that contains it."
        ),
    ):
        function = option(function)
    return function

"""The approval of tool calls by a person."""

from typing import Any

import click

from chatmodels.cli._printable import printable
from chatmodels.core import ToolContext

TERMINAL = "/dev/tty"
"""The terminal itself, because standard input can be the prompt."""


def approve(context: ToolContext[Any], /) -> str | None:
    """Request approval of a call in the terminal; return the reason of a denial.

    Without a terminal, every call is denied.
    """
    call = context.call
    try:
        with open(TERMINAL, "r+b", buffering=0) as terminal:
            request = printable(f"call {call.name}({call.arguments_json})")
            terminal.write(f"{request}? [y/N] ".encode())
            reply = terminal.readline().decode(errors="replace").strip().lower()
    except OSError:
        click.echo(f"{call.name} is denied: there is no terminal to approve it in", err=True)
        reply = ""
    return None if reply in {"y", "yes"} else "the user denied the call"

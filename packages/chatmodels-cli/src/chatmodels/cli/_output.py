"""Standard output: JSON, and tables that are plain when they are piped."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from chatmodels.cli._preferences import preferences

if TYPE_CHECKING:
    from rich.console import Console

_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


def encode(value: object, /) -> str:
    """Return a value as indented JSON."""
    return msgspec.json.format(_ENCODER.encode(value), indent=2).decode()


def json_line(value: object, /) -> str:
    """Return a value as JSON in one line."""
    return _ENCODER.encode(value).decode()


def print_json(value: object, /) -> None:
    """Write a value as JSON, indented."""
    click.echo(encode(value))


def is_terminal() -> bool:
    """Report whether standard output is a terminal, or is to be treated like one."""
    forced = preferences().colored
    return sys.stdout.isatty() if forced is None else forced or sys.stdout.isatty()


def console(*, err: bool = False) -> "Console":
    """Return a rich console with the preferences of the run; rich takes long to import."""
    from rich.console import Console

    colored = preferences().colored
    return Console(
        stderr=err,
        force_terminal=True if colored else None,
        no_color=True if colored is False else None,
        highlight=False,
        emoji=False,
        markup=False,
    )


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], /) -> None:
    """Write a table: with rich in a terminal, else a line with tabs for each row.

    Nothing is cut off if another program reads it, and no time is spent on rich.
    """
    if not is_terminal():
        for row in (columns, *rows):
            click.echo("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*map(Text, row))
    console().print(table)

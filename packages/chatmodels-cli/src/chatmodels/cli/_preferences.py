"""The preferences of a run that all commands share: colours and JSON."""

import os

import click

COLORS = ("auto", "always", "never")


class Preferences:
    """The preferences of a run.

    Attributes:
        json: Whether the command writes JSON, and nothing else, to standard output.
        colored: True or False to force colours on or off; None to use them in terminals.
    """

    __slots__ = ("colored", "json")

    def __init__(self, *, color: str) -> None:
        self.json = False
        if color != "auto":
            self.colored: bool | None = color == "always"
        else:  # https://no-color.org, https://force-color.org
            forced = True if os.environ.get("FORCE_COLOR") else None
            self.colored = False if os.environ.get("NO_COLOR") else forced


def preferences(ctx: click.Context | None = None, /) -> Preferences:
    """Return the preferences of the command that runs."""
    found = (ctx or click.get_current_context()).find_object(Preferences)
    return found or Preferences(color="auto")


def _set_json(ctx: click.Context, param: click.Parameter, value: bool) -> bool:
    preferences(ctx).json = value
    return value


json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_set_json,
    help="Write JSON to standard output, also for failures.",
)
"""The option of every command that prints a result."""

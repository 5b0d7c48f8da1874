"""A command whose help ends with examples."""

from collections.abc import Callable, Sequence
from typing import Any

import click

COMMAND = "chatmodels.cli.command"
"""The key of the command that runs, in the `meta` of its context."""


class Command(click.Command):
    """A command with examples.

    Args:
        args: The arguments of `click.Command`.
        examples: Command lines that help and reference show.
        kwargs: The keyword arguments of `click.Command`.

    Attributes:
        examples: The command lines.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, whose options the messages of errors name."""
        ctx.meta[COMMAND] = self
        return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, each on a line of its own, however long it is."""
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")
        super().format_epilog(ctx, formatter)


Function = Callable[..., Any]


def define(name: str, *examples: str) -> Callable[[Function], click.Command]:
    """Make a function a command.

    Args:
        name: The name of the command.
        examples: Command lines that show its use.
    """
    return click.command(name, cls=Command, examples=examples)

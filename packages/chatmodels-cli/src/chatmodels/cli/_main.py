"""The group of all commands, and the end of the process after success, failure and Ctrl-C."""

import os
import sys
from collections.abc import Sequence
from errno import EDQUOT, EFBIG, EIO, ENOSPC
from io import TextIOWrapper
from typing import Any

import click

from chatmodels.cli._commands import COMMANDS, load
from chatmodels.cli._exit_codes import ExitCode
from chatmodels.cli._preferences import COLORS, Preferences, preferences

_UNWRITABLE = {EDQUOT, EFBIG, EIO, ENOSPC}
"""The errors of an output that is no longer accepted, as on a full disk."""


class LazyGroup(click.Group):
    """A group that imports a command only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        return load(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest the nearest one."""
        name = args[0]
        if name not in COMMANDS and not ctx.resilient_parsing:  # which completion uses
            from difflib import get_close_matches

            near = get_close_matches(name, COMMANDS, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"use one of: {', '.join(COMMANDS)}"
            raise click.UsageError(f"there is no command {name!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; report failures, and return the exit code."""
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            code = ExitCode.INTERRUPTED
        except click.ClickException as error:
            if not preferences(ctx).json:
                raise
            from chatmodels.cli._failures import usage_record
            from chatmodels.cli._output import print_json

            print_json({"error": usage_record(error)})
            code = error.exit_code
        except Exception as error:
            code = _failure(error, ctx)
        return code


def _failure(error: Exception, ctx: click.Context) -> ExitCode:
    from chatmodels.core import ChatModelError

    if isinstance(error, ChatModelError):  # some are OSErrors too
        from chatmodels.cli._failures import report

        return report(error, preferences(ctx))
    if isinstance(error, BrokenPipeError):
        _silence()
        return ExitCode.BROKEN_PIPE
    if isinstance(error, OSError) and error.errno in _UNWRITABLE and error.filename is None:
        _silence()
        label = click.style("error:", fg="red", bold=True)
        click.echo(f"{label} the output cannot be written: {error.strerror}", err=True)
        return ExitCode.FAILED
    raise error


def _silence() -> None:
    """Let Python flush to nowhere at exit, instead of reporting the failure again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="A model is PROVIDER:MODEL, as in openai:gpt-6.1-terra, or an alias of the "
    "configuration file. Keys come from the environment: see `chatmodels providers NAME`. "
    "`chatmodels COMMAND --help` has examples.",
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False),
    help="The configuration file; by default, the one that CHATMODELS_CONFIG names.",
)
@click.option(
    "--color",
    type=click.Choice(COLORS),
    default="auto",
    show_default=True,
    help="Colours: auto uses them in a terminal, unless NO_COLOR is set.",
)
@click.version_option(None, package_name="chatmodels-cli", message="chatmodels %(version)s")
@click.pass_context
def cli(ctx: click.Context, config: str | None, color: str) -> None:
    """Ask, chat with, compare, check and measure chat models of many vendors."""
    ctx.obj = Preferences(color=color)
    ctx.color = ctx.obj.colored
    if config is not None:
        from chatmodels.core import load_config

        load_config(config)


def accept_all_characters(stream: object, /) -> None:
    """Let an output replace characters that it cannot encode; a pipe is UTF-8 unless configured.

    Args:
        stream: Standard output or error, which is None or another object in some environments.
    """
    if isinstance(stream, TextIOWrapper):
        piped = not stream.isatty() and not os.environ.get("PYTHONIOENCODING")
        stream.reconfigure(encoding="utf-8" if piped else None, errors="replace")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, and exit with the code of the result.

    Args:
        arguments: The words after `chatmodels`; by default those of the process.

    Raises:
        SystemExit: Always; the exit codes are in the reference of the command line.
    """
    accept_all_characters(sys.stdout)
    accept_all_characters(sys.stderr)
    try:
        code = cli.main(
            None if arguments is None else list(arguments),
            prog_name="chatmodels",
            standalone_mode=False,
        )
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        code = ExitCode.INTERRUPTED
    sys.exit(int(code or 0))

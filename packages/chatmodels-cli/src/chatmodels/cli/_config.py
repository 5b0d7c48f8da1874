"""The command `config`."""

import click

from chatmodels.cli._command import Command
from chatmodels.cli._exit_codes import ExitCode
from chatmodels.cli._output import print_json
from chatmodels.cli._preferences import json_option, preferences
from chatmodels.core import ConfigurationError, check_config


@click.group("config")
def command() -> None:
    """Check the configuration file."""


@command.command(
    "check",
    cls=Command,
    examples=("chatmodels config check chatmodels.toml", "chatmodels config check a.toml --json"),
)
@click.argument("path", metavar="FILE", type=click.Path())
@json_option
def check(path: str) -> ExitCode:
    """Check a configuration file and list all problems in it.

    No request is sent, and keys can be missing.
    """
    try:
        check_config(path)
    except ConfigurationError as error:
        return _invalid(path, error)
    if preferences().json:
        print_json({"file": path, "valid": True, "problems": []})
    else:
        click.echo(f"{path} is valid")
    return ExitCode.OK


def _invalid(path: str, error: ConfigurationError) -> ExitCode:
    if preferences().json:
        problems = error.details.get("problems") or [{"problem": error.message}]
        print_json({"file": path, "valid": False, "problems": problems})
    else:
        click.echo(error.message, err=True)
    return ExitCode.CONFIGURATION

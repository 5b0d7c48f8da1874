"""The request of a call, as `--explain` prints it."""

import click

from chatmodels.cli._output import encode, print_json
from chatmodels.cli._preferences import preferences
from chatmodels.core.extending import Explanation


def print_explanation(explanation: Explanation, /) -> None:
    """Print a request, with masked secrets: as it is sent, then remarks on standard error."""
    if preferences().json:
        print_json(explanation)
        return
    click.secho(f"{explanation.method} {explanation.url}", bold=True)
    for name, value in explanation.headers.items():
        click.echo(f"{click.style(name, fg='cyan')}: {value}")
    click.echo(f"\n{encode(explanation.body)}")
    for name, field in explanation.mapped.items():
        if name != field:
            click.echo(f"{name} is sent as {field}", err=True)
    for warning in explanation.warnings:
        click.secho(f"warning: {warning}", err=True, fg="yellow")

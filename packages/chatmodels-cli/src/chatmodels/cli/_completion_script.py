"""The command `completion`: the script for a shell."""

import click
from click.shell_completion import get_completion_class

from chatmodels.cli._command import define


@define(
    "completion",
    'eval "$(chatmodels completion bash)"  # in ~/.bashrc',
    'eval "$(chatmodels completion zsh)"  # in ~/.zshrc',
    "chatmodels completion fish > ~/.config/fish/completions/chatmodels.fish",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes command lines in a shell.

    It completes commands, options, providers and the models that their packages know.
    """
    from chatmodels.cli._main import cli

    found = get_completion_class(shell)
    assert found is not None  # click has these three
    click.echo(found(cli, {}, "chatmodels", "_CHATMODELS_COMPLETE").source())

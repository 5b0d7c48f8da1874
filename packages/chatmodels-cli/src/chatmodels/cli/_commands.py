"""The commands by name, which are imported when they are used."""

from importlib import import_module
from typing import NamedTuple

import click


class Entry(NamedTuple):
    """A command.

    Attributes:
        module: The module that has it as `command`.
        help: The first sentence of its help.
    """

    module: str
    help: str


COMMANDS = {
    "ask": Entry("_ask", "Send a prompt to a model and print the response."),
    "chat": Entry("_chat", "Chat with a model; the chat is stored and can be continued."),
    "compare": Entry("_compare", "Send a prompt to several models at the same time, side by side."),
    "providers": Entry(
        "_providers", "List the installed providers, or describe one with its options."
    ),
    "models": Entry(
        "_list_models", "List the models of a provider, or those whose names contain all words."
    ),
    "health": Entry("_health", "Check providers: their addresses and your keys."),
    "doctor": Entry(
        "_doctor",
        "Check installation, configuration and network, with a remedy for each problem.",
    ),
    "bench": Entry(
        "_bench",
        "Measure a model under load: durations, time to the first token, throughput, failures.",
    ),
    "bulk": Entry("_bulk", "Answer every row of a data set once, and go on after an interruption."),
    "config": Entry("_config", "Check the configuration file."),
    "completion": Entry(
        "_completion_script", "Print the script that completes command lines in a shell."
    ),
}


def load(name: str, /) -> click.Command | None:
    """Import a command; None if there is none of this name."""
    entry = COMMANDS.get(name)
    if entry is None:
        return None
    command: click.Command = import_module(f"chatmodels.cli.{entry.module}").command
    return command

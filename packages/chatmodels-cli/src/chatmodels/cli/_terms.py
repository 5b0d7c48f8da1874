"""The options of the command line in place of arguments of Python, in the messages of errors."""

import re
from collections.abc import Mapping
from shlex import quote

import click

from chatmodels.cli._command import COMMAND
from chatmodels.core import ChatModelError

# Arguments of Python whose options have other names.
_OTHER_NAMES = {"api_key": "api_key_env", "output_type": "schema", "tools": "tool_files"}

_REMEDY = re.compile(r"\b(?:pass|use) [^;]*")
_VALUE = r"(\.\.\.|'[^']*'|\"[^\"]*\"|\[[^]]*\])?"
_ARGUMENT = re.compile(rf"\b[A-Z]\w*\(([a-z_]+)={_VALUE}\)|\b([a-z_]+)={_VALUE}")


def message_of(error: ChatModelError, /) -> str:
    """Return the message of an error; its remedy names the options of the command that runs.

    `changed='redo'` is `--changed redo`, and an option of a model such as `region=...` is `-o
    region=...`. An argument for which the command has no option stays as it is.
    """
    context = click.get_current_context(silent=True)
    command = None if context is None else context.meta.get(COMMAND)
    if command is None:
        return error.message
    options = {each.name: each for each in command.params if isinstance(each, click.Option)}
    of_model = "options" in options and error.op == "create_chat_model"

    def option(found: re.Match[str]) -> str:
        name, value = found[1] or found[3], found[2] or found[4]
        return _option(options, name, value, of_model=of_model) or found[0]

    return _REMEDY.sub(lambda remedy: _ARGUMENT.sub(option, remedy[0]), error.message)


def _option(
    options: Mapping[str, click.Option], name: str, value: str | None, *, of_model: bool
) -> str | None:
    known = options.get(_OTHER_NAMES.get(name, name))
    if known is not None:
        text = known.metavar or "..." if value is None or value[0] in ".[" else quote(value[1:-1])
        return f"{max(known.opts, key=len)} {text}"
    return f"-o {name}={value or '...'}" if of_model and name not in _OTHER_NAMES else None

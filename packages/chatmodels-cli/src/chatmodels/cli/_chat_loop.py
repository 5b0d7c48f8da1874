"""The loop of a chat: prompts, commands and responses."""

import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from shlex import split
from typing import Any

import click

from chatmodels.cli._chat_session import ChatSession, Turn
from chatmodels.cli._event_writer import EventWriter
from chatmodels.cli._exit_codes import ExitCode, exit_code
from chatmodels.cli._failures import error_record, show_error
from chatmodels.cli._model_options import create_model
from chatmodels.cli._output import console, is_terminal, json_line
from chatmodels.cli._preferences import preferences
from chatmodels.cli._prompt import attached, read_instructions
from chatmodels.cli._records import amount, figures, run_record
from chatmodels.cli._values import NAME_AND_VALUE
from chatmodels.core import ChatModelError, Message, ToolRun


class ChatLoop:
    """Reads prompts and commands until the end of the input.

    Args:
        session: The chat.
        plain: Whether to print the text as it is, instead of rendering Markdown.
        reasoning: Whether to show the reasoning.
    """

    def __init__(self, session: ChatSession, *, plain: bool, reasoning: bool) -> None:
        self._session = session
        self._json = preferences().json
        self._interactive = sys.stdin.isatty()
        self._markdown = is_terminal() and not plain and not self._json
        self._reasoning = reasoning
        self._code = ExitCode.OK
        self._ended = False

    def run(self) -> ExitCode:
        """Chat; return the exit code of the last turn that failed, unless a person was there."""
        if self._interactive:
            with suppress(ImportError):
                import_module("readline")  # input() then has editing and earlier lines
            self._greet()
        while not self._ended:
            try:
                self._step(self._read())
            except EOFError:
                break
            except KeyboardInterrupt:
                if not self._interactive:
                    raise
                click.echo("\n/quit or Ctrl-D ends the chat", err=True)
        if self._interactive and not self._ended:
            click.echo()
        return ExitCode.OK if self._interactive else self._code

    def _step(self, line: str) -> None:
        if line.startswith("/"):
            self._command(line)
        elif line.strip():
            self._finish(self._session.send(line, self._writer()))

    def _greet(self) -> None:
        session = self._session
        click.secho(f"{session.spec} · /help lists the commands", err=True, dim=True)
        for message in session.messages[-2:]:
            if message.role == "user":
                click.secho(f"> {message.text}", bold=True)
            elif message.text:
                self._show(message)

    def _show(self, message: Message) -> None:
        writer = self._writer()
        writer.write_text(message.text)
        writer.end_line()

    def _read(self) -> str:
        lines: list[str] = []
        while True:
            prompt = "" if not self._interactive else "... " if lines else "> "
            line = input(prompt)
            if not line.endswith("\\"):
                return "\n".join((*lines, line))
            lines.append(line[:-1])

    def _writer(self) -> EventWriter:
        if not self._markdown:
            return EventWriter(texts=not self._json, reasoning=self._reasoning)
        from chatmodels.cli._markdown_writer import MarkdownWriter

        return MarkdownWriter(console(), reasoning=self._reasoning)

    def _finish(self, turn: Turn) -> None:
        """Report the end of a turn."""
        if turn.error is not None:
            self._code = exit_code(turn.error)
        if self._json:
            record: dict[str, Any] = {} if turn.result is None else run_record(turn.result)
            if turn.error is not None:
                record["error"] = error_record(turn.error)
            record |= {"interrupted": turn.interrupted, "chat": self._session.chat}
            click.echo(json_line(record))
        elif turn.error is not None:
            show_error(turn.error)
        if turn.interrupted:
            if not self._interactive:
                raise KeyboardInterrupt
            click.echo("stopped; /retry sends the prompt again", err=True)
        if turn.result is not None and self._interactive and not self._json:
            click.secho(_summary(turn, self._session), err=True, dim=True)

    def _command(self, line: str) -> None:
        name, _, rest = line[1:].partition(" ")
        command = COMMANDS.get(name)
        if command is None:
            click.echo(f"there is no command /{name}; /help lists them", err=True)
            return
        try:
            command[1](self, rest.strip())
        except ChatModelError as error:
            show_error(error)
        except click.ClickException as error:
            click.echo(error.format_message(), err=True)
        except ValueError as error:  # of shlex
            click.echo(f"/{name}: {error}", err=True)

    def help(self, rest: str) -> None:
        """List the commands."""
        for name, (meaning, _) in COMMANDS.items():
            click.echo(f"/{name:<9} {meaning}", err=True)

    def model(self, rest: str) -> None:
        """Switch the model."""
        session = self._session
        if rest:
            spec, *words = split(rest)
            options = [NAME_AND_VALUE.convert(word, None, None) for word in words]
            session.switch(create_model(spec, options), spec)
        click.echo(f"the model is {session.spec}", err=True)

    def system(self, rest: str) -> None:
        """Set the system prompt."""
        self._session.instruct(read_instructions(rest))

    def attach(self, rest: str) -> None:
        """Attach files to the next prompt."""
        self._session.attachments += [attached(source) for source in split(rest)]
        click.echo(f"{len(self._session.attachments)} attached to the next prompt", err=True)

    def undo(self, rest: str) -> None:
        """Remove the last exchange."""
        prompt = self._session.undo()
        click.echo("nothing to undo" if prompt is None else f"removed: {prompt.text}", err=True)

    def retry(self, rest: str) -> None:
        """Send the last prompt again."""
        turn = self._session.send_again(self._writer())
        if turn is None:
            click.echo("there is no prompt to send again", err=True)
        else:
            self._finish(turn)

    def usage(self, rest: str) -> None:
        """Show tokens and cost."""
        session = self._session
        click.echo(figures(session.usage, session.cost), err=True)
        if session.cost.reason:
            click.echo(f"cost: {session.cost.reason}", err=True)

    def new(self, rest: str) -> None:
        """Begin a new chat."""
        self._session.begin_again()

    def quit(self, rest: str) -> None:
        """End the chat."""
        self._ended = True


COMMANDS: dict[str, tuple[str, Callable[[ChatLoop, str], None]]] = {
    "help": ("list these commands", ChatLoop.help),
    "model": ("MODEL [NAME=VALUE]...: continue with another model", ChatLoop.model),
    "system": ("TEXT or @FILE: set the system prompt; without a text, remove it", ChatLoop.system),
    "attach": ("FILE...: attach files to the next prompt", ChatLoop.attach),
    "retry": ("send the last prompt again", ChatLoop.retry),
    "undo": ("remove the last prompt and its response", ChatLoop.undo),
    "usage": ("show the tokens and the cost of this session", ChatLoop.usage),
    "new": ("begin a new chat with this model", ChatLoop.new),
    "quit": ("end the chat, as Ctrl-D does", ChatLoop.quit),
}


def _summary(turn: Turn, session: ChatSession) -> str:
    result = turn.result
    assert result is not None
    timing = None if isinstance(result, ToolRun) else result.timing
    line = figures(
        result.usage,
        result.cost,
        seconds=timing.total if timing else None,
        first_event=timing.first_event if timing else None,
    )
    known = session.cost.amount is not None and session.cost != result.cost
    return f"{line} · {amount(session.cost)} in total" if known else line

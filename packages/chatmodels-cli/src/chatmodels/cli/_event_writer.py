"""The text of a stream on standard output, and remarks about it on standard error."""

import sys
from typing import TYPE_CHECKING

import click

from chatmodels.cli._printable import printable
from chatmodels.core import ReasoningDelta, RefusalDelta, TextDelta, ToolEnd, ToolStart

if TYPE_CHECKING:
    from chatmodels.core.extending import ToolStreamEvent

_MAX_ARGUMENTS = 200


class EventWriter:
    """Writes the events of a stream as they arrive.

    A terminal does not receive control characters of the model.

    Args:
        texts: Whether to write the text to standard output.
        reasoning: Whether to write the reasoning to standard error.
    """

    def __init__(self, *, texts: bool = True, reasoning: bool = False) -> None:
        self._texts = texts
        self._reasoning = reasoning
        self._in_line = False  # standard output is within a line
        self._in_remark = False  # standard error is within a line

    def write(self, event: "ToolStreamEvent", /) -> None:
        """Write an event."""
        match event:
            case TextDelta() | RefusalDelta():
                if self._texts:
                    self.write_text(event.text)
            case ReasoningDelta():
                if self._reasoning:
                    if not self._in_remark:
                        self.end_line()
                    click.secho(printable(event.text), nl=False, err=True, dim=True)
                    self._in_remark = True
            case ToolStart():
                self.end_line()
                arguments = event.call.arguments_json
                if len(arguments) > _MAX_ARGUMENTS:
                    arguments = f"{arguments[:_MAX_ARGUMENTS]}..."
                call = printable(f"{event.call.name}({arguments})")
                click.secho(f"→ {call}", err=True, fg="cyan")
            case ToolEnd():
                if event.result.is_error:
                    name = printable(event.call.name)
                    click.secho(f"← {name} failed", err=True, fg="yellow")
            case _:
                pass

    def write_text(self, text: str, /) -> None:
        """Write text to standard output, at once."""
        self._end_remark()
        sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
        sys.stdout.flush()
        self._in_line = not text.endswith("\n") if text else self._in_line

    def end_line(self) -> None:
        """End the lines that were begun, so that something else can follow."""
        self._end_remark()
        if self._in_line:
            click.echo()
            self._in_line = False

    def _end_remark(self) -> None:
        if self._in_remark:
            click.echo(err=True)
            self._in_remark = False

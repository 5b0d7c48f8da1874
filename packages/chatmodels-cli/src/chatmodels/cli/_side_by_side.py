"""Calls side by side in a terminal, while they run."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

import anyio
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.markdown import Markdown
from rich.panel import Panel
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from chatmodels.cli._compare_report import summary
from chatmodels.cli._measured import MeasuredCall
from chatmodels.cli._output import console
from chatmodels.cli._printable import printable
from chatmodels.cli._terms import message_of

_INTERVAL = 0.1
_NARROWEST = 36
_COLORS = {"done": "green", "failed": "red", "stopped": "yellow"}


class SideBySide:
    """The columns of calls: the ends of their texts while they run, then all of them.

    Columns that a narrow terminal has no room for are below the others.
    """

    def __init__(self, specs: Sequence[str], calls: Sequence[MeasuredCall]) -> None:
        self._specs = specs
        self._calls = calls
        self._console = console()
        self._live = Live(console=self._console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.stop()
        self._console.print(self._table(None))

    async def keep_current(self) -> None:
        """Draw the calls until the task is cancelled."""
        while True:
            self._live.update(self._table(self._height()), refresh=True)
            await anyio.sleep(_INTERVAL)

    def _columns(self) -> int:
        return max(1, min(len(self._calls), self._console.width // _NARROWEST))

    def _height(self) -> int:
        rows = -(-len(self._calls) // self._columns())
        return max(1, (self._console.height - 1) // rows - 4)

    def _table(self, height: int | None) -> Table:
        table = Table.grid(expand=True)
        count = self._columns()
        for _ in range(count):
            table.add_column(ratio=1)
        cells = [
            self._panel(spec, call, height)
            for spec, call in zip(self._specs, self._calls, strict=True)
        ]
        for first in range(0, len(cells), count):
            table.add_row(*cells[first : first + count])
        return table

    def _panel(self, spec: str, call: MeasuredCall, height: int | None) -> Panel:
        text = Markdown(printable(call.text))
        body = text if height is None else _Window(text, height)
        notes = [] if call.error is None else [Text(message_of(call.error), style="red")]
        return Panel(
            Group(body, *notes, Text(summary(call), style="dim")),
            title=Text(spec, style="bold"),
            border_style=_COLORS.get(call.status, "blue"),
        )


class _Window:
    """The last lines of a text, with empty ones below a short text."""

    def __init__(self, text: Markdown, height: int) -> None:
        self._text = text
        self._height = height

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(self._text, options.update(height=None), pad=False)
        for line in lines[-self._height :]:
            yield from line
            yield Segment.line()

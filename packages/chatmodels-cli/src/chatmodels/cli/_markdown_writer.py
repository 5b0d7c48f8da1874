"""Markdown that is rendered while it arrives."""

import time
from collections.abc import Callable

from markdown_it import MarkdownIt
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.markdown import Markdown
from rich.segment import Segment

from chatmodels.cli._event_writer import EventWriter
from chatmodels.cli._printable import printable

_INTERVAL = 0.08
"""Seconds between two renderings of the last block."""


class MarkdownWriter(EventWriter):
    """Writes the text of a stream as Markdown.

    Blocks that are complete are printed for good, so that they scroll as other output. Only the
    last block is drawn again when text arrives, and of a long one only the end is visible until it
    is complete.

    Args:
        console: The terminal.
        reasoning: Whether to write the reasoning to standard error.
        clock: The clock between two renderings, in seconds.
    """

    def __init__(
        self,
        console: Console,
        *,
        reasoning: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(reasoning=reasoning)
        self._console = console
        self._clock = clock
        self._live: Live | None = None
        self._pending = ""
        self._printed = False
        self._drawn_at = float("-inf")

    def write_text(self, text: str, /) -> None:
        """Render further text."""
        self._end_remark()
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._pending += printable(text)
        if "\n" in text:
            complete, self._pending = split_blocks(self._pending)
            if complete:
                self._print(complete)
        now = self._clock()
        if now - self._drawn_at >= _INTERVAL:
            self._drawn_at = now
            height = max(1, self._console.height - 2)
            self._live.update(_Block(self._pending, height), refresh=True)

    def end_line(self) -> None:
        """Print the last block for good."""
        if self._live is not None:
            self._live.update("")
            self._live.stop()
            self._live = None
        if self._pending.strip():
            self._print(self._pending)
        self._pending = ""
        super().end_line()

    def _print(self, text: str) -> None:
        if self._printed:
            self._console.print()
        self._console.print(_Block(text))
        self._printed = True


def split_blocks(text: str, /) -> tuple[str, str]:
    """Split Markdown before its last block, which further text can change."""
    tokens = _PARSER.parse(text)
    starts = [token.map[0] for token in tokens if token.level == 0 and token.map]
    lines = text.splitlines(keepends=True)
    last = max(starts, default=0)
    return "".join(lines[:last]), "".join(lines[last:])


_PARSER = MarkdownIt("commonmark").enable("table")


class _Block:
    """Rendered Markdown without empty lines around it, or the last lines of it."""

    def __init__(self, text: str, height: int | None = None) -> None:
        self._text = text
        self._height = height

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(Markdown(self._text), options, pad=False)
        full = [number for number, line in enumerate(lines) if _text_of(line).strip()]
        lines = lines[full[0] : full[-1] + 1] if full else []
        for line in lines if self._height is None else lines[-self._height :]:
            yield from line
            yield Segment.line()


def _text_of(line: list[Segment]) -> str:
    return "".join(segment.text for segment in line)

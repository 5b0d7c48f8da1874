"""The progress bar of a bulk run, and its reaction to Ctrl-C."""

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from decimal import Decimal
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chatmodels.cli._output import console
from chatmodels.cli._records import amount, count
from chatmodels.core import Cost

if TYPE_CHECKING:
    from chatmodels.bulk import Progress, Stop

T = TypeVar("T")

_STOPPING = "stopping after the calls that are under way; press Ctrl-C again to stop at once"


class Interrupts:
    """Ctrl-C during a run: once lets the calls under way end, twice cancels them.

    Args:
        stop: The request to the run.
    """

    def __init__(self, stop: "Stop", /) -> None:
        self._stop = stop

    def run(self, main: Coroutine[Any, Any, T], /) -> T:
        """Run a coroutine to its end.

        Raises:
            KeyboardInterrupt: It was cancelled.
        """
        return asyncio.run(self._guarded(main))

    async def _guarded(self, main: Coroutine[Any, Any, T]) -> T:
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()

        def interrupt(number: int, frame: FrameType | None) -> None:
            if self._stop():
                loop.call_soon_threadsafe(task.cancel)
                return
            self._stop.request()
            # Not from here, which can be in the middle of an output.
            loop.call_soon_threadsafe(click.echo, _STOPPING, None, True, True)

        with ExitStack() as stack:
            if threading.current_thread() is threading.main_thread():
                for each in (signal.SIGINT, signal.SIGTERM):
                    if signal.getsignal(each) == signal.SIG_IGN:  # in the background of a script
                        continue
                    stack.callback(signal.signal, each, signal.signal(each, interrupt))
            try:
                return await main
            except asyncio.CancelledError:
                raise KeyboardInterrupt from None


def progress_bar(stack: ExitStack, /) -> "Callable[[Progress], None]":
    """Return a function that shows the progress of a run; without a terminal, it does nothing.

    Args:
        stack: The block in which the bar is visible, on standard error.
    """
    if not sys.stderr.isatty():
        return lambda progress: None
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    bar = stack.enter_context(
        Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            Remaining(),
            console=console(err=True),
            transient=True,
        )
    )
    task = bar.add_task("", total=None, figures="")

    def show(progress: "Progress") -> None:
        bar.update(
            task, completed=progress.done, total=progress.total, figures=figures_of(progress)
        )

    return show


def figures_of(progress: "Progress", /) -> str:
    """Return the failures, tokens and cost of a run in a line."""
    usage = progress.usage
    parts = [f"{progress.failed:,} failed"]
    if usage.output_tokens is not None:
        parts.append(f"{count(usage.input_tokens)} in, {count(usage.output_tokens)} out")
    if progress.cost > Decimal(0):
        parts.append(amount(Cost(amount=progress.cost)))
    return " · ".join(parts)

"""The progress bar of a load, in a terminal."""

import sys
from collections.abc import Callable
from contextlib import ExitStack

from chatmodels.cli._bench_run import Sample
from chatmodels.cli._output import console

Begin = Callable[[int, int], Callable[[Sample], None]]
"""Begins a stage with a concurrency and a number of calls; the result receives each call."""


def progress(stack: ExitStack, /) -> Begin:
    """Return a function that begins the progress bar of a stage; without a terminal, no bar.

    Args:
        stack: The block in which the bar is visible, on standard error.
    """
    if not sys.stderr.isatty():
        return _no_bar
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    bar = stack.enter_context(
        Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[errors]} failed"),
            Remaining(),
            console=console(err=True),
            transient=True,
        )
    )

    def begin(concurrency: int, requests: int) -> Callable[[Sample], None]:
        task = bar.add_task(f"concurrency {concurrency}", total=requests, errors=0)
        errors = 0

        def advance(sample: Sample) -> None:
            nonlocal errors
            errors += sample.error is not None
            bar.update(task, advance=1, errors=errors)

        return advance

    return begin


def _no_bar(concurrency: int, requests: int) -> Callable[[Sample], None]:
    return lambda sample: None

"""Runs what would be slow under coverage and add nothing to it.

It stops the measurement, so that its own lines cannot be measured.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

from coverage import Coverage
from coverage.exceptions import CoverageWarning

P = ParamSpec("P")


@contextmanager
def uncounted() -> Iterator[None]:
    """Measure no coverage."""
    measured = Coverage.current()
    if measured is not None:
        measured.stop()
    try:
        yield
    finally:
        if measured is not None:
            with warnings.catch_warnings():
                # coverage repeats what it reported when it first started
                warnings.simplefilter("ignore", CoverageWarning)
                measured.start()


def call_uncounted(function: Callable[P, None], /, *args: P.args, **kwargs: P.kwargs) -> None:
    """Call a function without measuring coverage."""
    with uncounted():
        function(*args, **kwargs)

"""Measures the CPU microseconds of one run of each contender, the best of many short turns."""

import gc
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple


class Contender(NamedTuple):
    """A measured function, and the context manager around each of its turns, without measuring."""

    run: Callable[[], object]
    within: Callable[[], AbstractContextManager[object]] = nullcontext
    runs: int | None = None
    """The number of runs in a turn, if it differs from that of the others. The turn's time is
    divided by the number of the others."""


def microseconds(contenders: Mapping[str, Contender], *, runs: int, turns: int) -> dict[str, float]:
    """Measure the CPU microseconds of one run of each contender in this thread."""
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(turns + 1):  # the first one warms up
        gc.collect()
        for name, contender in contenders.items():
            with contender.within():
                gc.disable()
                best[name] = min(best[name], _turn(contender, runs))
                gc.enable()
    return best


def _turn(contender: Contender, runs: int) -> float:
    run = contender.run
    start = time.thread_time_ns()
    for _ in range(runs if contender.runs is None else contender.runs):
        run()
    return (time.thread_time_ns() - start) / runs / 1000

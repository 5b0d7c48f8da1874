"""Measures the CPU time of contenders in turns, and the best round of each."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping

Contender = Callable[[], object]


def cpu_seconds(
    contenders: Mapping[str, Contender], *, calls: int, rounds: int = 7
) -> dict[str, float]:
    """Measure the CPU seconds of one call of each contender, in turns.

    The best round is returned: on a shared machine, all other rounds contain noise.
    """
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(rounds + 1):  # the first one is a warm-up, but can be the best
        for name, contender in contenders.items():
            start = time.process_time()
            for _ in range(calls):
                contender()
            best[name] = min(best[name], (time.process_time() - start) / calls)
    return best


@contextlib.contextmanager
def simulator(*arguments: str) -> Iterator[str]:
    """Run the simulator in a process of its own and yield its base URL."""
    with simulator_process(*arguments) as (url, _):
        yield url


def simulator_process(*arguments: str) -> contextlib.AbstractContextManager[tuple[str, int]]:
    """Run the simulator in a process of its own and yield its base URL and the process's id."""
    return _serving([sys.executable, "-m", "chatmodels.testing", "serve", *arguments])


@contextlib.contextmanager
def server(*arguments: str) -> Iterator[str]:
    """Run the server that sends prepared bytes in a process of its own and yield its base URL."""
    with _serving([sys.executable, "-m", "benchmarks.server", *arguments]) as (url, _):
        yield url


@contextlib.contextmanager
def _serving(command: list[str]) -> Iterator[tuple[str, int]]:
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        match = None
        while match is None and (line := process.stdout.readline()):
            match = re.search(r"https?://\S+/v1", line)
        try:
            assert match is not None, "the server did not start"
            yield match[0], process.pid
        finally:
            process.terminate()


def row(label: str, value: str, note: str = "") -> None:
    print(f"  {label:<44} {value:>12}  {note}".rstrip())

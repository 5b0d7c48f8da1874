"""How the benchmarks measure: CPU time of this process, contenders in turns, the best of each."""

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
    """Measure the CPU seconds of one call of each contender, taking turns.

    The best round counts: on a shared machine everything else is somebody else's noise.
    """
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(rounds + 1):  # the first one warms up, and may be the best all the same
        for name, contender in contenders.items():
            start = time.process_time()
            for _ in range(calls):
                contender()
            best[name] = min(best[name], (time.process_time() - start) / calls)
    return best


@contextlib.contextmanager
def simulator(*arguments: str) -> Iterator[str]:
    """Run the simulator in a process of its own and give its base URL."""
    command = [sys.executable, "-m", "chatmodels.testing", *arguments]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        found = None
        while found is None and (line := process.stdout.readline()):
            found = re.search(r"http://\S+/v1", line)
        try:
            assert found is not None, "the simulator did not start"
            yield found[0]
        finally:
            process.terminate()


def row(what: str, value: str, note: str = "") -> None:
    print(f"  {what:<44} {value:>12}  {note}".rstrip())

"""The calls whose instructions are counted: `python -m benchmarks.telemetry.counted`.

A call of `os.getppid`, which nothing else calls, marks the beginning and the end of each part.
"""

import gc
import os
from collections.abc import Callable

from benchmarks.telemetry.calls import CALLS, contenders
from benchmarks.telemetry.turns import Contender


def main() -> None:
    gc.disable()
    for contender in contenders().values():
        turn(contender, int)  # what the interpreter specializes, and the first values of metrics
        turn(contender, os.getppid)


def turn(contender: Contender, mark: Callable[[], object]) -> None:
    with contender.within():
        mark()
        for _ in range(CALLS if contender.runs is None else contender.runs):
            contender.run()
        mark()


if __name__ == "__main__":
    main()

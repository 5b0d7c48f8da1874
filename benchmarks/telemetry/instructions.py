"""The instructions that telemetry adds to a call, counted by valgrind: without noise."""

import os
import shutil
import sys

from benchmarks.instructions import counted
from benchmarks.telemetry.calls import CALLS, contenders, show


def main() -> None:
    """Print the table of `calls` in thousands of instructions, if valgrind is installed."""
    if shutil.which("valgrind") is None:
        print("\n  valgrind is not installed: no instructions are counted")
        return
    names = list(contenders())
    program = [sys.executable, "-m", "benchmarks.telemetry.counted"]
    parts = counted(program, os.environ | {"PYTHONHASHSEED": "0"}, len(names))
    print()
    show({name: part / CALLS / 1000 for name, part in zip(names, parts, strict=True)}, "k")


if __name__ == "__main__":
    main()

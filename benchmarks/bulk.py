"""Data sets: the cost of a row beside `abatch`, and the memory for up to a million rows.

The cost is CPU time and, if valgrind is installed, instructions. `--rows=1000000` sets the largest
data set; the default is 100,000. The model of the data sets returns at once, so that they measure
`chatmodels.bulk` alone. The memory is known on Linux only.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import counted_rows
from benchmarks.counted_rows import IN_FLIGHT, PROMPT, prompts
from benchmarks.instructions import counted
from benchmarks.measuring import row, server
from benchmarks.policies import Instant
from chatmodels.bulk import Limits, run

ROWS = 1_000
ROUNDS = 15
SIZES = (10_000, 100_000, 1_000_000)


def main(options: Sequence[str] = ()) -> None:
    most = int(next((each.partition("=")[2] for each in options), SIZES[1]))
    asyncio.run(beside_abatch())
    instructions()
    for rows in sorted({*(size for size in SIZES if size < most), most}):
        command = [sys.executable, "-m", "benchmarks.bulk", str(rows)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="")


async def beside_abatch() -> None:
    """Measure rows of a run and calls of `abatch` in turns: the same prompts, server and limit."""
    texts = prompts(ROWS)
    calls = rows = float("inf")
    with server() as url:
        options = {"api_key": "key", "base_url": url}
        for _ in range(ROUNDS):
            start = time.process_time()
            await counted_rows.calls(texts, options)
            calls = min(calls, time.process_time() - start)
            start = time.process_time()
            await counted_rows.rows(texts, options)
            rows = min(rows, time.process_time() - start)
    row("a call of abatch", f"{calls / ROWS * 1e6:.0f} us")
    row("a row of a run, its file included", f"{rows / ROWS * 1e6:.0f} us", f"{rows / calls:.2f}")


def instructions() -> None:
    """Count the instructions of the same rows and calls."""
    if shutil.which("valgrind") is None:
        print("  valgrind is not installed: no instructions are counted")
        return
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    with server() as url:
        program = [sys.executable, "-m", "benchmarks.counted_rows", url, str(ROWS)]
        calls, rows = counted(program, environment, 2)
    row("instructions of a call of abatch", f"{calls // ROWS:,}")
    row("instructions of a row", f"{rows // ROWS:,}", f"{rows / calls:.2f}")


def data_set(rows: int) -> None:
    """Answer a file of many rows, and print the memory and the time of this process.

    It has no price list, which takes 80 MB of its own.
    """
    sys.modules["genai_prices"] = None  # type: ignore[assignment]
    with TemporaryDirectory() as folder:
        source, to = Path(folder) / "rows.jsonl", Path(folder) / "answers.jsonl"
        with source.open("w") as file:
            file.writelines(f'{{"id": "r{n}", "text": "ticket {n}"}}\n' for n in range(rows))
        start = time.process_time()
        job = run(
            Instant("acme", "instant"),
            source,
            to=to,
            prompt=PROMPT + "{text}",
            limits=Limits(in_flight=IN_FLIGHT),
        )
        used = time.process_time() - start
        assert job.answered == rows
        with to.open() as file:
            assert sum(1 for _ in file) == rows
    row(f"{rows:,} rows, peak memory", peak_memory(), f"{used / rows * 1e6:.0f} us a row")


def peak_memory() -> str:
    """Return the largest resident memory of this program; that of `resource` has its parent's."""
    status = Path("/proc/self/status").read_text()
    return f"{int(status.partition('VmHWM:')[2].split()[0]) / 1024:.0f} MB"


if __name__ == "__main__":
    data_set(int(sys.argv[1]))

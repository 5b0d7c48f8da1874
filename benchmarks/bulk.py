"""Data sets: the CPU time of a row beside `abatch`, and the memory for up to a million rows.

`--rows=1000000` sets the largest data set; the default is 100,000. The model of the data sets
returns at once, so that they measure `chatmodels.bulk` alone. The memory is known on Linux only.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring import row, server
from benchmarks.policies import Instant
from chatmodels.bulk import Limits, arun, run
from chatmodels.core import create_chat_model

MODEL = "openai:gpt-6.1-terra"
IN_FLIGHT = 100
ROWS = 1_000
ROUNDS = 15
SIZES = (10_000, 100_000, 1_000_000)
PROMPT = "Classify the ticket as a bug, a question or praise: "


def main(options: Sequence[str] = ()) -> None:
    most = int(next((each.partition("=")[2] for each in options), SIZES[1]))
    asyncio.run(beside_abatch())
    for rows in sorted({*(size for size in SIZES if size < most), most}):
        command = [sys.executable, "-m", "benchmarks.bulk", str(rows)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="")


async def beside_abatch() -> None:
    """Measure rows of a run and calls of `abatch` in turns: the same prompts, server and limit."""
    prompts = [f"{PROMPT}ticket {number}" for number in range(ROWS)]
    calls = rows = float("inf")
    with server() as base_url:
        options = {"api_key": "key", "base_url": base_url}
        for _ in range(ROUNDS):
            start = time.process_time()
            await create_chat_model(MODEL, **options).abatch(prompts, max_concurrency=IN_FLIGHT)
            calls = min(calls, time.process_time() - start)
            with TemporaryDirectory() as folder:
                start = time.process_time()
                await arun(
                    MODEL,
                    prompts,
                    to=Path(folder) / "answers.jsonl",
                    limits=Limits(in_flight=IN_FLIGHT),
                    model_options=options,
                )
                rows = min(rows, time.process_time() - start)
    row("a call of abatch", f"{calls / ROWS * 1e6:.0f} us")
    row("a row of a run, its file included", f"{rows / ROWS * 1e6:.0f} us", f"{rows / calls:.2f}")


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

"""Imports: CPU milliseconds in fresh interpreters, the best of ten."""

import os
import subprocess
import sys

from benchmarks.measuring import row

SCRIPT = """
import sys, time
start = time.process_time()
{before}
middle = time.process_time()
{measured}
print(time.process_time() - middle if {alone} else time.process_time() - start)
"""


LOADED = """
import sys, chatmodels.providers.openai
print(*sorted({"httpx", "httpcore", "ssl", "asyncio", "anyio"} & set(sys.modules)))
"""


def main() -> None:
    httpx = imported("import httpx")
    row("import httpx", f"{httpx:.0f} ms")
    core = imported("import chatmodels.core")
    row("import chatmodels.core", f"{core:.0f} ms", f"{core / httpx:.2f} of httpx")
    extra = imported("import chatmodels.providers.openai", before="import chatmodels.core")
    row("import chatmodels.providers.openai on top", f"{extra:.1f} ms")
    openai = imported("import openai")
    row("import openai (the vendor's SDK)", f"{openai:.0f} ms")
    row("both of ours", f"{core + extra:.0f} ms", f"{(core + extra) / openai:.3f} of the SDK")
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            LOADED,
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    row("of httpx, httpcore, ssl, asyncio, anyio", loaded or "none", "imported by it")


def imported(statement: str, *, before: str = "pass") -> float:
    """Measure an import in milliseconds; compiled files are written by the first run."""
    script = SCRIPT.format(before=before, measured=statement, alone=before != "pass")
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    times = [
        float(
            subprocess.run(
                [sys.executable, "-c", script],
                capture_output=True,
                text=True,
                check=True,
                env=environment,
            ).stdout
        )
        for _ in range(10)
    ]
    return min(times) * 1000

"""The overhead of other instrumentations, each in a process of its own beside chatmodels."""

import json
import os
import subprocess
from pathlib import Path

from benchmarks.telemetry.probe import PEERS, SETTINGS

ROOT = Path(__file__).parent.parent.parent
WITHOUT_CONTENT = {
    "OPENINFERENCE_HIDE_INPUTS": "true",
    "OPENINFERENCE_HIDE_OUTPUTS": "true",
    "TRACELOOP_TRACE_CONTENT": "false",
}


def main(interpreters: list[str]) -> None:
    """Print the overhead of each peer in each setting, and of chatmodels in turns with it.

    Args:
        interpreters: The interpreters; the first one that has a peer measures it.
    """
    print(f"\n  {'CPU us added to a call':<42}", *(f"{setting:>24}" for setting in SETTINGS))
    for peer in PEERS:
        cells = [measured(peer, setting, interpreters) for setting in SETTINGS]
        if None in cells:
            print(f"  {peer:<42}  is not installed and is left out")
            continue
        print(f"  {peer:<42}", *(shown(**cell) for cell in cells if cell is not None))


def shown(theirs: float, ours: float) -> str:
    return f"{theirs:10.0f}, ours {ours:4.0f} {ours / theirs:5.2f}"


def measured(peer: str, setting: str, interpreters: list[str]) -> dict[str, float] | None:
    """Measure a peer with the first interpreter that has it; None if it is not installed."""
    sources = [str(source) for source in ROOT.glob("packages/*/src")]
    environment = {
        **os.environ,
        **WITHOUT_CONTENT,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *sources]),
    }
    for interpreter in interpreters:
        done = subprocess.run(
            [interpreter, "-m", "benchmarks.telemetry.probe", peer, setting],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        if done.returncode == 0:
            return json.loads(done.stdout.splitlines()[-1])
    return None

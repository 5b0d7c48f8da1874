"""Instructions of calls and events, counted by valgrind: the same on an idle and a busy machine.

Starting Python, the imports and the first calls do not count. With `--check`, it fails if a count
is more than 5 % above the recorded one, and `--write` records the counts. They depend on the build
of Python, so each build has a record. `--against=REF` compares with a commit instead, on the build
that runs it, as continuous integration does.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.counted import PATHS
from benchmarks.measuring import row, server

RECORD = Path(__file__).with_name("instructions.json")
ROOT = Path(__file__).parents[1]
TOLERANCE = 1.05
BUILD = f"{platform.python_version()} {platform.python_compiler()} {platform.machine()}"

Counts = dict[str, int]


def main(arguments: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser(prog="bench instructions")
    parser.add_argument("--check", action="store_true", help="compare with the recorded counts")
    parser.add_argument("--write", action="store_true", help="record the counts of this build")
    parser.add_argument("--against", metavar="REF", help="compare with the counts of a commit")
    options = parser.parse_args(arguments)
    if shutil.which("valgrind") is None:
        print("  valgrind is not installed: nothing is counted")
        return 0
    records: dict[str, Counts] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    before = records.get(BUILD, {})
    if options.against:
        with checkout(options.against) as folder:
            before = count(folder)
    counts = count(ROOT)
    slower = [name for name, found in counts.items() if found > TOLERANCE * before.get(name, found)]
    for name, found in counts.items():
        note = f"{found / before[name]:.3f} of before" if name in before else ""
        row(name, f"{found:,}", note)
    if options.write:
        records[BUILD] = counts
        RECORD.write_text(json.dumps(records, indent=2) + "\n")
    if not slower or not (options.check or options.against):
        return 0
    print(f"  more than 5 % above: {', '.join(slower)}; find out why, or record it with --write")
    return 1


def count(root: Path, engine: str = "default") -> Counts:
    """Count the instructions of each path with the packages in a folder, and with an engine."""
    sources = sorted(map(str, root.glob("packages/*/src")))
    environment = os.environ | {
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *sources]),
    }
    with server() as url:
        program = [sys.executable, "-m", "benchmarks.counted", url, engine]
        parts = counted(program, environment, len(PATHS))
    return {
        name: part // (calls * units)
        for part, (name, (_, calls, units)) in zip(parts, PATHS.items(), strict=True)
    }


def counted(program: list[str], environment: dict[str, str], number: int) -> list[int]:
    """Return the instructions of a program between so many pairs of calls of `os.getppid`."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "part"
        valgrind = ["valgrind", "--tool=callgrind", "--dump-before=getppid"]
        valgrind.append(f"--callgrind-out-file={out}")
        subprocess.run([*valgrind, *program], capture_output=True, check=True, env=environment)
        parts = [Path(f"{out}.{2 * part + 2}") for part in range(number)]
        return [int(part.read_text().rpartition("summary: ")[2].split()[0]) for part in parts]


@contextmanager
def checkout(reference: str) -> Iterator[Path]:
    """Check out a commit in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", folder, reference], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run([*git, "remove", "--force", folder], check=True)

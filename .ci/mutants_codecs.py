"""Puts faults into the codecs, and reports those that the contract suite does not notice.

`./run mutants codecs` does it for all codecs, `./run mutants codecs cohere` for one. The faults are
in `mutants_codecs.toml`. Each runs in a process of its own with a copy of the package.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import workspace

TABLE = Path(__file__).with_suffix(".toml")
TREES = workspace.ROOT / ".hatch" / "mutants" / "codecs"
PACKAGES = workspace.ROOT / "packages"
REQUIRED = 0.95

STOPS = "the process stops: "
"""The beginning of the note about a fault that is no valid Python."""

CHECK = """
import sys
from chatmodels.testing.contract import checks
from conformance.contracts import CONTRACTS

slow = ("closes-its-connection", "one-model", "light", "stall", "silent", "reused")
for check in checks(CONTRACTS[sys.argv[1]]):
    if not any(word in check.name for word in slow):
        try:
            check()
        except Exception as error:
            print(check.name, "|", " ".join(str(error).split())[:200])
            sys.exit(3)
"""
"""Runs the checks of a contract until one fails."""


def main(chosen: Sequence[str]) -> None:
    """Test all families, or those that are chosen.

    Raises:
        SystemExit: A fault is noticed by no check and not accepted, or fewer than 95 % are.
    """
    families = read()
    stale = list(stale_faults(families, PACKAGES))
    unknown = [f"no codec {name}" for name in chosen if name not in families]
    if stale or unknown:
        sys.exit("\n".join([*stale, *unknown]))
    caught: list[bool] = []
    unexplained: list[str] = []
    for name in chosen or families:
        family = families[name]
        faults: dict[str, Any] = family["faults"]
        accepted = {fault for each in family.get("accepted", {}).values() for fault in each}
        if (message := checked(PACKAGES, family)) is not None:
            sys.exit(f"{name} fails without a fault: {message}")
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            notes = list(pool.map(lambda fault, family=family: noticed(family, fault), faults))
        for fault, note in zip(faults, notes, strict=True):
            explained = "accepted" if fault in accepted else "MISSED"
            print(f"{name:10} {fault:52} {note or explained}", flush=True)
            valid = note is None or not note.startswith(STOPS)
            caught.append(note is not None and valid)
            if not valid or (note is None) != (fault in accepted):
                unexplained.append(f"{name}: {fault}")
    share = sum(caught) / len(caught)
    print(f"{len(caught)} faults, {sum(caught)} noticed ({share:.1%})")
    if unexplained or share < REQUIRED:
        sys.exit("not as expected:\n" + "\n".join(unexplained))


def read() -> dict[str, Any]:
    """Read the families of codecs and their faults."""
    return tomllib.loads(TABLE.read_text("utf-8"))


def stale_faults(families: Mapping[str, Any], packages: Path) -> Iterator[str]:
    """Yield a sentence for each fault whose text is not in its file exactly once."""
    for name, family in families.items():
        for fault, (file, old, _) in family["faults"].items():
            path = packages / family["root"] / file
            count = path.read_text("utf-8").count(old) if path.is_file() else 0
            if count != 1:
                yield f"{name}: {fault}: the text occurs {count} times in {file}"


def noticed(family: Mapping[str, Any], fault: str) -> str | None:
    """Return the check that notices a fault; None if none does."""
    file, old, new = family["faults"][fault]
    package, _, source = family["root"].partition("/src/")
    tree = TREES / package / fault.replace(" ", "-").replace("'", "")
    shutil.rmtree(tree, ignore_errors=True)
    sources = PACKAGES / package / "src"
    shutil.copytree(sources, tree, ignore=shutil.ignore_patterns("__pycache__"))
    path = tree / source / file
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    try:
        return checked(tree, family)
    finally:
        shutil.rmtree(tree)


def checked(tree: Path, family: Mapping[str, Any]) -> str | None:
    """Run the checks with a tree of sources before the others; return the first that fails."""
    environment = dict(os.environ)
    paths = [str(tree), str(workspace.ROOT / "tests-integration")]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    done = subprocess.run(
        [sys.executable, "-c", CHECK, family["contract"]],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if done.returncode not in {0, 3}:
        lines = done.stderr.strip().splitlines()
        return f"{STOPS}{lines[-1] if lines else done.returncode}"
    return done.stdout.strip() or None


if __name__ == "__main__":
    main(sys.argv[1:])

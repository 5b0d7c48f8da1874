"""Compares the imports of each package with its declared dependencies, by deptry.

Siblings share the namespace `chatmodels`, so that deptry cannot distinguish them: `./run alone`
imports each package without the siblings that it does not declare.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import workspace


def main() -> None:
    failed = [name for name, folder in workspace.packages().items() if not declared(folder)]
    if failed:
        sys.exit(f"\nimports and declarations differ: {', '.join(failed)}")
    print("All packages declare what they import.")


def declared(folder: Path) -> bool:
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    # an extra can be for libraries that only their users import
    extras = [line for lines in project.get("optional-dependencies", {}).values() for line in lines]
    unused = {workspace.requirement_name(line) for line in extras}
    unused |= set(workspace.packages())
    command = [sys.executable, "-m", "deptry", "src", "--no-ansi"]
    command += ["--known-first-party", "chatmodels"]
    command += ["--per-rule-ignores", f"DEP002={'|'.join(sorted(unused))}"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode:
        print(f"\n{folder.name}\n{result.stderr}")
    return result.returncode == 0


if __name__ == "__main__":
    main()

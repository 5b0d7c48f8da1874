"""Installs each package with only its declared dependencies, imports it, and runs its tests.

    ./run alone                              all packages
    ./run alone chatmodels-provider-openai   one of them

A package with an undeclared dependency works in an environment that has everything, but fails if it
is installed alone. Each package therefore has an environment of its own: first with its declared
dependencies, in which every module must be importable; then with the dependencies of its tests. The
last environment has all packages except chatmodels-otel, which no other package may require.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import workspace

T = TypeVar("T")

UNNEEDED = "chatmodels-otel"

IMPORT_ALL = """
import importlib, pkgutil, sys
name, *absent = sys.argv[1:]
package = importlib.import_module(name)
modules = [module.name for module in pkgutil.walk_packages(package.__path__, name + ".")]
for module in modules:
    if not module.endswith(("__main__", "_plugin", "._recorder")):  # the latter two need extras
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name not in absent:
                raise
print(f"{name}: {len(modules) + 1} modules")
"""


def main(chosen: list[str]) -> None:
    folders = workspace.packages()
    unknown = [name for name in chosen if name not in folders]
    if unknown:
        sys.exit(f"no packages {unknown}; choose from {list(folders)}")
    with tempfile.TemporaryDirectory() as scratch:
        failed = [name for name in chosen or folders if not passes(alone, name, Path(scratch))]
        if UNNEEDED in folders and not chosen:
            others = set(folders) - {UNNEEDED}
            failed += [] if passes(together, others, Path(scratch)) else [f"all but {UNNEEDED}"]
    if failed:
        sys.exit(f"\nfailed: {', '.join(failed)}")


def passes(check: Callable[[T, Path], None], subject: T, scratch: Path) -> bool:
    try:
        check(subject, scratch)
    except subprocess.CalledProcessError:
        return False
    return True


def alone(name: str, scratch: Path) -> None:
    print(f"\n== {name}, with {sorted(workspace.siblings(name) - {name})}", flush=True)
    python = create(scratch / name)
    install(python, workspace.siblings(name))
    run(python, "-c", IMPORT_ALL, workspace.module(name), *sorted(absent(name)))
    install(python, workspace.siblings(name, test=True), "--group", "test")
    test(python, workspace.packages()[name])


def absent(name: str) -> set[str]:
    """Return the modules that need not be installed: those of extras and of other platforms."""
    text = (workspace.packages()[name] / "pyproject.toml").read_text("utf-8")
    project = tomllib.loads(text)["project"]
    extras = project.get("optional-dependencies", {}).values()
    lines = [line for line in project.get("dependencies", ()) if ";" in line]
    lines += [line for extra in extras for line in extra]
    return {workspace.requirement_name(line).replace("-", "_") for line in lines}


def together(names: set[str], scratch: Path) -> None:
    print(f"\n== {sorted(names)}", flush=True)
    python = create(scratch / "together")
    install(python, names, "--group", "test")
    test(python, *(workspace.packages()[name] for name in sorted(names)))


def create(environment: Path) -> str:
    run("uv", "venv", "--quiet", "--python", sys.executable, environment)
    return workspace.python(environment)


def install(python: str, names: set[str], *more: str) -> None:
    folders = workspace.packages()
    editables = [part for name in sorted(names) for part in ("--editable", folders[name])]
    run("uv", "pip", "install", "--quiet", "--python", python, *editables, *more)
    run("uv", "pip", "check", "--quiet", "--python", python)


def test(python: str, *folders: Path) -> None:
    run(python, "-m", "pytest", "-q", "-n", "auto", *folders)


def run(*command: str | Path) -> None:
    subprocess.run(command, cwd=workspace.ROOT, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])

"""The packages of this checkout and their dependencies, read from their pyproject files."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def packages(root: Path = ROOT) -> dict[str, Path]:
    """Return the folder of every package, by the name of its distribution."""
    return {
        path.parent.name: path.parent for path in sorted(root.glob("packages/*/pyproject.toml"))
    }


def module(distribution: str) -> str:
    """Return the import name, as `chatmodels.providers.openai` for its distribution."""
    name = distribution.removeprefix("chatmodels-")
    if name.startswith("provider-"):
        return "chatmodels.providers." + name.removeprefix("provider-").replace("-", "_")
    return "chatmodels." + name.replace("-", "_")


def siblings(distribution: str, *, test: bool = False) -> set[str]:
    """Return the distribution and its siblings among its dependencies, with those of its tests."""
    folders = packages()
    names: set[str] = set()
    open_ends = [distribution]
    while open_ends:
        name = open_ends.pop()
        if name not in folders or name in names:
            continue
        names.add(name)
        declared = tomllib.loads((folders[name] / "pyproject.toml").read_text("utf-8"))
        requirements = list(declared["project"].get("dependencies", []))
        if test and name == distribution:
            requirements += test_requirements(name)
        open_ends += [requirement_name(requirement) for requirement in requirements]
    return names


def test_requirements(distribution: str) -> list[str]:
    """Return the additional dependencies of the tests of a package."""
    path = packages()[distribution] / "pyproject.toml"
    return tomllib.loads(path.read_text("utf-8")).get("dependency-groups", {}).get("test", [])


def python(environment: Path) -> str:
    """Return the interpreter of a virtual environment."""
    folder, name = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    return str(environment / folder / name)


def requirement_name(requirement: str) -> str:
    """Return the distribution of a requirement, as `httpx` for `httpx>=0.27`."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]

"""Builds a provider with each common build backend, and reads the entry point of its wheel.

The form of the entry point is that of "Writing a provider" in the documentation, and chatmodels has
to find the provider by it. The backends come from PyPI.

    ./run entry-points        with all backends
    ./run entry-points pdm    with one of them
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

import workspace

from chatmodels.core._registry.discovery import read_entry_point

PAGE = workspace.ROOT / "docs" / "how-to" / "writing-a-provider.md"

BACKENDS = {
    "hatchling": (
        'requires = ["hatchling"]\nbuild-backend = "hatchling.build"',
        '[tool.hatch.build.targets.wheel]\npackages = ["src/chatmodels"]',
    ),
    "setuptools": (
        'requires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"',
        '[tool.setuptools.packages.find]\nwhere = ["src"]\nnamespaces = true',
    ),
    "flit": (
        'requires = ["flit_core>=3.9"]\nbuild-backend = "flit_core.buildapi"',
        '[tool.flit.module]\nname = "chatmodels.providers.example"',
    ),
    "poetry": (
        'requires = ["poetry-core>=2"]\nbuild-backend = "poetry.core.masonry.api"',
        '[tool.poetry]\npackages = [{ include = "chatmodels", from = "src" }]',
    ),
    "pdm": (
        'requires = ["pdm-backend"]\nbuild-backend = "pdm.backend"',
        '[tool.pdm.build]\npackage-dir = "src"\nincludes = ["src/chatmodels"]',
    ),
    "uv": (
        'requires = ["uv_build>=0.8,<1"]\nbuild-backend = "uv_build"',
        '[tool.uv.build-backend]\nmodule-name = "chatmodels.providers.example"\nnamespace = true',
    ),
}
"""The name of a backend to its `[build-system]` and its settings for a namespace package."""


def main(chosen: list[str]) -> None:
    found = re.search(r"^example = .*$", PAGE.read_text("utf-8"), re.MULTILINE)
    if found is None:
        sys.exit(f"{PAGE} has no entry point")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        venv.create(folder / "venv", with_pip=True)
        failed = [name for name in chosen or BACKENDS if not builds(folder, name, found[0])]
    if failed:
        sys.exit(f"the documented entry point does not work with: {', '.join(failed)}")


def builds(folder: Path, name: str, declared: str) -> bool:
    """Build the provider with a backend; return whether the wheel has its entry point."""
    package, wheels = folder / name, folder / f"{name}-wheels"
    source = package / "src" / "chatmodels" / "providers" / "example"
    source.mkdir(parents=True)
    (source / "__init__.py").write_text('"""Example."""\n\nPROVIDER = None\n', "utf-8")
    system, settings = BACKENDS[name]
    (package / "pyproject.toml").write_text(
        f"""\
[build-system]
{system}

[project]
name = "chatmodels-provider-example"
version = "0.1"
description = "An example."
requires-python = ">=3.11"

[project.entry-points."chatmodels.providers"]
{declared}

{settings}
""",
        "utf-8",
    )
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    pip = folder / "venv" / scripts / "pip"
    done = subprocess.run(
        [pip, "wheel", "-q", "--no-deps", "-w", wheels, package],
        capture_output=True,
        text=True,
        check=False,
    )
    built = list(wheels.glob("*.whl"))
    if done.returncode or not built:
        print(f"{name:12} does not build: {done.stderr.strip().splitlines()[-1]}")
        return False
    with zipfile.ZipFile(built[0]) as archive:
        files = archive.namelist()
        (entry_points,) = (each for each in files if each.endswith("/entry_points.txt"))
        text = archive.read(entry_points).decode()
    value = re.search(r"^example\s*=\s*(.*)$", text, re.MULTILINE)
    read = ("", 0, "") if value is None else read_entry_point(value[1])
    shipped = "chatmodels/providers/example/__init__.py" in files
    good = shipped and read == ("chatmodels.providers.example", 1, "")
    print(f"{name:12} {'works' if good else f'builds {text!r} and {files}'}")
    return good


if __name__ == "__main__":
    main(sys.argv[1:])

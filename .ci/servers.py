"""Tests the providers with real servers of others: `./run servers NAME [--write] [PYTEST...]`.

It installs a server from PyPI or npm, runs `tests-servers` with it, and prints versions and
results. With `--write`, it writes them into the page "Tested servers". `./run servers mcp
[NAME...]` tests the MCP client instead.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = ROOT / "tests-servers"
PAGE = ROOT / "docs" / "reference" / "tested-servers.md"
sys.path.append(str(TESTS))

from installing import SERVERS  # noqa: E402 - found by the path


def main(name: str = "", *args: str) -> None:
    if name == "mcp":
        import mcp_servers

        mcp_servers.main(*args)
        return
    if name not in SERVERS:
        choices = ", ".join(["mcp", *SERVERS])
        sys.exit(f"no server {name!r}; use: ./run servers NAME, with one of {choices}")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        variables = {"CHATMODELS_SERVER": name, "CHATMODELS_SERVER_REPORT": str(report)}
        command = [sys.executable, "-m", "pytest", "-n0", "-p", "no:randomly", str(TESTS)]
        chosen = [arg for arg in args if arg != "--write"]
        code = subprocess.run(
            [*command, *chosen], check=False, env=os.environ | variables
        ).returncode
        found = json.loads(report.read_text("utf-8")) if report.exists() else None
    if found is not None:
        row = row_of(name, found, time.strftime("%Y-%m-%d", time.gmtime()))
        print(row)
        if "--write" in args:
            if code or chosen:
                sys.exit("not written: a test failed, or not all tests ran")
            PAGE.write_text(with_row(PAGE.read_text("utf-8"), row), "utf-8", newline="\n")
    sys.exit(code)


def row_of(name: str, found: dict[str, object], day: str) -> str:
    """Return the row of the table about one run."""
    versions = found["versions"]
    assert isinstance(versions, dict)
    packages = ", ".join(f"{package} {version}" for package, version in versions.items())
    place = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    cells = (SERVERS[name].title, packages, day, place, found["passed"], found["skipped"])
    return "| " + " | ".join(map(str, cells)) + " |"


def with_row(page: str, row: str) -> str:
    """Replace the row of a server in the table of the page, or append it."""
    title = row[: row.index("|", 1)]
    lines = page.split("\n")
    places = [number for number, line in enumerate(lines) if line.startswith(title)]
    if places:
        lines[places[0]] = row
    else:
        last = max(number for number, line in enumerate(lines) if line.startswith("|"))
        lines.insert(last + 1, row)
    return "\n".join(lines)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Writes the public names of every package, one to a line, to `tests-integration/public-names.txt`.

With `--print` they go to standard output instead: that is what the tests compare.
"""

from __future__ import annotations

import importlib
import sys

import workspace


def public_names() -> str:
    lines: list[str] = []
    for distribution in workspace.packages():
        name = workspace.module(distribution)
        lines += [f"{name}.{public}" for public in importlib.import_module(name).__all__]
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(public_names())
    else:
        pinned = workspace.ROOT / "tests-integration" / "public-names.txt"
        pinned.write_text(public_names(), "utf-8")

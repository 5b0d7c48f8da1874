"""Writes the public names of every package, one to a line, to `tests-integration/public-names.txt`.

With `--print` they go to standard output instead: that is what the tests compare.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator

import workspace


def public_names() -> str:
    lines: list[str] = []
    for distribution in workspace.packages():
        name = workspace.module(distribution)
        for module in (name, *submodules(name)):
            names = getattr(importlib.import_module(module), "__all__", ())
            lines += [f"{module}.{public}" for public in names]
    return "".join(f"{line}\n" for line in lines)


def submodules(name: str) -> Iterator[str]:
    for module in pkgutil.iter_modules(importlib.import_module(name).__path__, f"{name}."):
        if not module.name.rpartition(".")[2].startswith("_"):
            yield module.name
            if module.ispkg:
                yield from submodules(module.name)


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(public_names())
    else:
        pinned = workspace.ROOT / "tests-integration" / "public-names.txt"
        pinned.write_text(public_names(), "utf-8")

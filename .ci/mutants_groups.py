"""Reads the groups of modules that `mutants.py` changes, and finds stale entries.

Otherwise, a renamed module or test would silently drop out of its group.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

Group = Mapping[str, Any]
"""The `modules`, `tests` and `accepted` of a group."""


def read(path: Path) -> dict[str, Group]:
    """Read the groups by their names."""
    return tomllib.loads(path.read_text("utf-8"))


def stale(groups: Mapping[str, Group], root: Path) -> list[str]:
    """Return a sentence for each path without a file and each accepted change without its line."""
    return [
        f"{name}: {problem}" for name, group in groups.items() for problem in _stale(group, root)
    ]


def _stale(group: Group, root: Path) -> Iterator[str]:
    sources: list[str] = []
    for pattern in group["modules"]:
        modules = list(root.glob(f"packages/*/src/{pattern}"))
        sources += [_plain(module.read_text("utf-8")) for module in modules]
        if not modules:
            yield f"no module {pattern}"
    for test in group["tests"]:
        path, _, name = test.removeprefix("--deselect=").partition("::")
        if not (root / path).is_file():
            yield f"no test {path}"
        elif f"def {name}(" not in (root / path).read_text("utf-8") and name:
            yield f"no test {name} in {path}"
    for changes in group.get("accepted", {}).values():
        for change in changes:
            if not _has_place(change.strip(), sources):
                yield f"no line like {change}"


def _plain(source: str) -> str:
    """Write numbers without separators, as changes of tables show them."""
    return re.sub(r"(?<=\d)_(?=\d)", "", source)


def _has_place(change: str, sources: Sequence[str]) -> bool:
    """Return whether the change can come from an entry of a table or a line of the sources."""
    before, arrow, _ = change.partition("-> ")
    if arrow:
        return any(before.strip() in source for source in sources)
    lines = [line.strip() for source in sources for line in source.splitlines()]
    return any(_is_alike(change, line) for line in lines)


def _is_alike(change: str, line: str) -> bool:
    """Return whether the common start and end of two lines are half of the change or more."""
    start = _in_common(change, line)
    end = _in_common(change[start:][::-1], line[start:][::-1])
    return 2 * (start + end) >= len(change)


def _in_common(first: str, second: str) -> int:
    """Return the length of the common prefix of two texts."""
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

"""Reads the entry points of a group from the files of installed distributions.

`importlib.metadata` does that for every kind of installation, but its import takes longer than that
of this package. It is used only if one of the path's entries is not a folder, or if a finder has
its own distributions.
"""

import os
import sys
from collections.abc import Iterator

import msgspec

_FILE = "entry_points.txt"
_FINDER = "PathFinder"  # of the standard library, whose distributions are in folders
_FOLDERS = {".dist-info": "METADATA", ".egg-info": "PKG-INFO"}


class EntryPoint(msgspec.Struct, frozen=True):
    """An entry point, as a distribution declares it.

    Attributes:
        name: The name.
        value: The text after the name.
        distribution: The name of the distribution, as pip lists it; empty if it is not known.
        version: The version of the distribution.
    """

    name: str
    value: str
    distribution: str
    version: str


def entry_points(group: str, /) -> Iterator[EntryPoint]:
    """Find the entry points of a group; the first of each distribution."""
    folders = [each or "." for each in sys.path]
    if any(map(_has_distributions, sys.meta_path)) or any(map(_is_archive, folders)):
        return _by_the_standard_library(group)
    return _in_folders(folders, group)


def _has_distributions(finder: object) -> bool:
    is_standard = getattr(finder, "__name__", "") == _FINDER
    return not is_standard and hasattr(finder, "find_distributions")


def _is_archive(path: str) -> bool:
    return path.endswith(".egg") or os.path.isfile(path)


def _by_the_standard_library(group: str) -> Iterator[EntryPoint]:
    from importlib import metadata

    for found in metadata.entry_points(group=group):
        home = found.dist
        name, version = (home.name, home.version) if home else ("", "")
        yield EntryPoint(found.name, found.value, name, version)


def _in_folders(folders: list[str], group: str) -> Iterator[EntryPoint]:
    seen: set[str] = set()
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:  # such as the archive of the standard library, which need not exist
            continue
        for name in names:
            stem, ending = os.path.splitext(name)
            if ending not in _FOLDERS:
                continue
            distribution = stem.partition("-")[0].lower().replace("-", "_").replace(".", "_")
            if distribution in seen:
                continue
            seen.add(distribution)
            yield from _declared(os.path.join(folder, name), _FOLDERS[ending], group)


def _declared(folder: str, described: str, group: str) -> Iterator[EntryPoint]:
    declared = list(_section(_read(os.path.join(folder, _FILE)), group))
    if declared:
        facts = _facts(_read(os.path.join(folder, described)).partition("\n\n")[0])
        for name, value in declared:
            yield EntryPoint(name, value, facts.get("Name", ""), facts.get("Version", ""))


def _facts(head: str) -> dict[str, str]:
    facts: dict[str, str] = {}
    for line in head.splitlines():
        name, _, value = line.partition(": ")
        facts.setdefault(name, value)
    return facts


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def _section(text: str, group: str) -> Iterator[tuple[str, str]]:
    """Read the lines of a section: names and values, with an equals sign between."""
    is_inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            is_inside = line == f"[{group}]"
        elif is_inside and line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()

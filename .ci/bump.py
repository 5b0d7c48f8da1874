"""Sets the version of all distributions, their requirements of each other, and the change log.

    ./run bump 0.2.0

Siblings are pinned as `>=` the version they were tested with and `<` the next one that can break
them, which before 1.0 is the next minor version. An installer can therefore choose a later patch of
one package without the others, and never mixes untested versions.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
from pathlib import Path

import workspace

VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)((a|b|rc)\d+)?")
VERSION_LINE = re.compile(r'^(VERSION\b.* = )".*"$', re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("version", type=version, help="as in 0.2.0 or 0.2.0rc1")
    parser.add_argument("--root", type=Path, default=workspace.ROOT, help=argparse.SUPPRESS)
    parser.add_argument("--date", default=f"{dt.datetime.now(dt.UTC):%Y-%m-%d}")
    arguments = parser.parse_args()
    bump(arguments.root, arguments.version, arguments.date)


def version(text: str) -> str:
    if not VERSION.fullmatch(text):
        message = f"{text!r} is not a version; write it as in 0.2.0 or 0.2.0rc1"
        raise argparse.ArgumentTypeError(message)
    return text


def bump(root: Path, new: str, date: str) -> None:
    folders = workspace.packages(root)
    for folder in [root, *folders.values()]:
        path = folder / "pyproject.toml"
        text = re.sub(
            r'^version = ".*"$', f'version = "{new}"', path.read_text("utf-8"), flags=re.MULTILINE
        )
        for sibling in folders:
            # the quote, an extra or the specifier ends the name: core must not match core-more
            text = re.sub(
                rf'"{sibling}(\[[\w,-]+\])?>=[^"]*"',
                rf'"{sibling}\g<1>>={new},<{breaking(new)}"',
                text,
            )
        path.write_text(text, "utf-8")
        for path in folder.glob("src/**/_version.py"):  # the root has none
            text = VERSION_LINE.sub(rf'\g<1>"{new}"', path.read_text("utf-8"))
            path.write_text(text, "utf-8")
    changes = root / "CHANGELOG.md"
    heading = f"## [Unreleased]\n\n## [{new}] - {date}\n"
    changes.write_text(changes.read_text("utf-8").replace("## [Unreleased]\n", heading, 1), "utf-8")
    print(f"{len(folders)} packages are at {new}; check CHANGELOG.md, then commit")


def breaking(new: str) -> str:
    """Return the first version that can be incompatible with `new`."""
    major, minor = (int(number) for number in new.split(".")[:2])
    return f"0.{minor + 1}" if major == 0 else str(major + 1)


if __name__ == "__main__":
    main()

"""Writes the catalogue of transport faults into `docs/reference/faults.md`, below its introduction.

With `--print` the page goes to standard output instead: that is what the tests compare.
"""

from __future__ import annotations

import sys

import workspace

from chatmodels.testing import WIRE_FAULTS, Expected, WireFault

PAGE = workspace.ROOT / "docs" / "reference" / "faults.md"
HEADING = "## The catalogue\n"
TITLES = {
    "connection": "Connections",
    "head": "Heads",
    "body": "Bodies",
    "status": "Refusals",
    "stream": "Streams",
}


def page() -> str:
    introduction = PAGE.read_text("utf-8").partition(HEADING)[0]
    sections = [introduction + HEADING]
    for group, title in TITLES.items():
        faults = [fault for fault in WIRE_FAULTS.values() if fault.group == group]
        head = "| fault | the server | whole call | streamed call |\n| --- | --- | --- | --- |"
        sections.append(f"### {title}\n\n{head}\n" + "\n".join(map(row, faults)) + "\n")
    return "\n".join(sections)


def row(fault: WireFault) -> str:
    whole, stream = (
        outcome(fault.expected(mode)) if mode in fault.modes else "" for mode in ("whole", "stream")
    )
    description = fault.description
    if fault.formats:
        description += f" ({', '.join(fault.formats)})"
    return f"| `{fault.name}` | {description} | {whole} | {stream} |"


def outcome(expected: Expected) -> str:
    allowed = [f"`{code}`" for code in expected.codes]
    if expected.success:
        allowed.insert(0, "right response")
    return ", ".join(allowed)


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), "utf-8")

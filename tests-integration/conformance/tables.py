"""Writes the tables in the READMEs of the exchanges: `./run exchanges`.

The test in `test_tables.py` fails if a table does not agree with the files of its folder.
"""

import re
import sys
from pathlib import Path

from chatmodels.testing import Recording, recordings

EXCHANGES = Path(__file__).parents[1] / "exchanges"
HEAD = (
    "| file | what is unusual | seen | the right reading |",
    "| --- | --- | --- | --- |",
)


def write(folder: Path) -> None:
    """Write the table of each wire format below the text of its README."""
    for inner in sorted(path for path in folder.iterdir() if path.is_dir()):
        readme = inner / "README.md"
        text = readme.read_text("utf-8") if readme.exists() else f"# {inner.name}\n"
        readme.write_text(completed(text, inner), "utf-8", newline="\n")


def completed(text: str, folder: Path) -> str:
    """Replace the table in a README, which is its last part."""
    before = text.partition(HEAD[0])[0].rstrip()
    rows = [_row(exchange) for exchange in recordings(folder)]
    return "\n".join([before, "", *HEAD, *rows, ""])


def problems(folder: Path) -> list[str]:
    """List what is wrong in the folder of a wire format."""
    found: list[str] = []
    exchanges = list(recordings(folder))
    for exchange in exchanges:
        found += [
            f"{exchange.name}: {field} must be one line without a '|'"
            for field in ("trap", "seen", "reading")
            if not re.fullmatch(r"[^|\n]+", getattr(exchange, field))
        ]
        if exchange.api != folder.name:
            found.append(f"{exchange.name}: its api is {exchange.api}")
        if exchange.expected is None:
            found.append(f"{exchange.name}: there is no expected reading")
    bodies = [exchange.response.body_file for exchange in exchanges]
    known = {f"{exchange.name.rpartition('/')[2]}.json" for exchange in exchanges} | {"README.md"}
    for path in sorted(folder.iterdir()):
        if path.name not in known and path.name not in bodies:
            found.append(f"{path.name} is not the body of an exchange")
    readme = folder / "README.md"
    text = readme.read_text("utf-8") if readme.exists() else ""
    if text != completed(text, folder):
        found.append("the table in README.md does not agree with the files; run: ./run exchanges")
    return found


def _row(exchange: Recording) -> str:
    name = exchange.name.rpartition("/")[2]
    return f"| [{name}]({name}.json) | {exchange.trap} | {exchange.seen} | {exchange.reading} |"


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else EXCHANGES)

"""The exchanges of this repository follow the schema, and the tables of their READMEs agree."""

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from conformance import tables
from conformance.exchanges import OURS, entries
from conformance.rows import ROWS

SCHEMA = json.loads((files("chatmodels.testing") / "recording.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

ONE = {
    "trap": "A trap.",
    "seen": "A server, 2026",
    "reading": "A reading.",
    "provider": "any",
    "api": "any.chat",
    "response": {"body": {}},
    "expected": {},
}


def written(folder: Path, name: str = "one", **changes: object) -> Path:
    inner = folder / "any.chat"
    inner.mkdir(exist_ok=True)
    (inner / f"{name}.json").write_text(json.dumps(ONE | changes), "utf-8")
    return inner


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", [entry.path for entry in entries(OURS)], ids=lambda p: p.stem)
def test_an_exchange_follows_the_schema(path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(json.loads(path.read_bytes()))] == []


@pytest.mark.parametrize("folder", sorted(path for path in OURS.iterdir() if path.is_dir()))
def test_the_folder_of_a_wire_format_agrees_with_its_table(folder: Path) -> None:
    assert tables.problems(folder) == []


def test_every_exchange_has_a_row() -> None:
    assert [e.path for e in entries(OURS) if not any(row.takes(e) for row in ROWS)] == []


def test_a_table_is_written_below_the_text_of_a_readme(tmp_path: Path) -> None:
    inner = written(written(tmp_path).parent, "two", trap="Another.")
    (inner / "README.md").write_text("# Any\n\nText.\n\n" + tables.HEAD[0] + "\nold\n", "utf-8")

    subprocess.run([sys.executable, tables.__file__, tmp_path], check=True)

    assert (inner / "README.md").read_text("utf-8") == (
        "# Any\n\nText.\n\n"
        "| file | what is unusual | seen | the right reading |\n"
        "| --- | --- | --- | --- |\n"
        "| [one](one.json) | A trap. | A server, 2026 | A reading. |\n"
        "| [two](two.json) | Another. | A server, 2026 | A reading. |\n"
    )
    assert tables.problems(inner) == []


def test_a_missing_readme_is_created(tmp_path: Path) -> None:
    inner = written(tmp_path)

    tables.write(tmp_path)

    assert (inner / "README.md").read_text("utf-8").startswith("# any.chat\n\n| file |")


def test_the_problems_of_a_folder_are_listed(tmp_path: Path) -> None:
    inner = written(tmp_path, api="other.chat", seen="", trap="a | b", expected=None)
    (inner / "left-over.sse").write_text("")

    assert tables.problems(inner) == [
        "any.chat/one: trap must be one line without a '|'",
        "any.chat/one: seen must be one line without a '|'",
        "any.chat/one: its api is other.chat",
        "any.chat/one: there is no expected reading",
        "left-over.sse is not the body of an exchange",
        "the table in README.md does not agree with the files; run: ./run exchanges",
    ]

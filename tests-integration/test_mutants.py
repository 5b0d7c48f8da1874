"""The groups of modules that `./run mutants` changes exist as `.ci/mutants.toml` names them."""

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = runpy.run_path(str(ROOT / ".ci" / "mutants_groups.py"))


@pytest.mark.skipif(
    not any(ROOT.glob("packages/*/src")), reason="the sources are away while wheels are tested"
)
def test_each_group_names_modules_tests_and_lines_that_exist() -> None:
    groups = SCRIPT["read"](ROOT / ".ci" / "mutants.toml")
    assert groups
    assert SCRIPT["stale"](groups, ROOT) == []


@pytest.fixture
def codecs(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.syspath_prepend(ROOT / ".ci")
    return runpy.run_path(str(ROOT / ".ci" / "mutants_codecs.py"))


@pytest.mark.skipif(
    not any(ROOT.glob("packages/*/src")), reason="the sources are away while wheels are tested"
)
def test_each_fault_of_a_codec_has_its_place(codecs: dict[str, Any]) -> None:
    families = codecs["read"]()
    accepted = {
        fault
        for family in families.values()
        for faults in family.get("accepted", {}).values()
        for fault in faults
    }

    assert len(families) == 8
    assert list(codecs["stale_faults"](families, ROOT / "packages")) == []
    assert accepted <= {fault for family in families.values() for fault in family["faults"]}


def test_a_fault_of_a_codec_without_its_text_is_reported(
    codecs: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "_encode.py").write_text("put(body)\nput(body)\n")
    faults = {"twice": ["_encode.py", "put(body)", "pass"], "gone": ["_decode.py", "x", "y"]}
    families = {"acme": {"root": ".", "faults": faults}}

    assert list(codecs["stale_faults"](families, tmp_path)) == [
        "acme: twice: the text occurs 2 times in _encode.py",
        "acme: gone: the text occurs 0 times in _decode.py",
    ]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    module = tmp_path / "packages" / "p" / "src" / "own" / "rules.py"
    module.parent.mkdir(parents=True)
    module.write_text('WORDS = ("stop", "end")\nreason = WORDS[0] or ""\n')
    (tmp_path / "test_rules.py").write_text("def test_it_stops(): ...\n")
    return tmp_path


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"modules": ["own/former.py"]}, "no module own/former.py"),
        ({"modules": ["own/former*.py"]}, "no module own/former*.py"),
        ({"tests": ["test_former.py"]}, "no test test_former.py"),
        (
            {"tests": ["--deselect=test_rules.py::test_it_ends"]},
            "no test test_it_ends in test_rules.py",
        ),
        ({"accepted": {"why": ["former -> XXformer"]}}, "no line like former -> XXformer"),
        ({"accepted": {"why": ["while queue:"]}}, "no line like while queue:"),
    ],
    ids=["module", "glob", "test file", "test", "entry of a table", "line"],
)
def test_missing_paths_of_a_group_are_reported(
    checkout: Path, entry: dict[str, Any], problem: str
) -> None:
    group = {
        "modules": ["own/*.py"],
        "tests": ["test_rules.py", "--deselect=test_rules.py::test_it_stops"],
        "accepted": {"why": ['reason = WORDS[0] or "XXXX"', "stop -> XXstop"]},
    }
    assert SCRIPT["stale"]({"rules": group}, checkout) == []
    assert SCRIPT["stale"]({"rules": group | entry}, checkout)[0] == f"rules: {problem}"

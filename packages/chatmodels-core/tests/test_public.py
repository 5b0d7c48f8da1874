"""Names that are imported on first use."""

from importlib import import_module
from pathlib import Path

import pytest

_PACKAGE = """
from chatmodels.core._public import import_lazily

LAZY = {"first": "_first", "second": "_second"}

def __getattr__(name):
    return import_lazily(globals(), LAZY, name)
"""
# As when another thread uses a name between the overloads of a function.
_FIRST = """
import lazy_names

first = "the first overload"
lazy_names.second
first = "the function"
"""


def test_a_name_is_not_added_while_its_module_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "lazy_names"
    folder.mkdir()
    (folder / "__init__.py").write_text(_PACKAGE)
    (folder / "_first.py").write_text(_FIRST)
    (folder / "_second.py").write_text("second = 2")
    monkeypatch.syspath_prepend(tmp_path)

    names = import_module("lazy_names")
    used = [names.first, names.first]

    assert used == ["the function", "the function"]
    assert vars(names)["second"] == 2

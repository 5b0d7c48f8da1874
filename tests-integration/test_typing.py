"""The types that type checkers and readers are shown are those that work at run time."""

import ast
import importlib.util
from pathlib import Path

import pytest

from chatmodels.core.extending import structured_output

SOURCE = Path(__file__).parent / "typing" / "output_types.py"
SHOWN = sorted(
    {
        ast.unparse(keyword.value)
        for function in ast.parse(SOURCE.read_text(encoding="utf-8")).body
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        if function.name in {"each_kind", "forms_that_are_no_classes", "each_method"}
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "output_type" and ast.unparse(keyword.value) != "None"
    }
)


@pytest.mark.parametrize("shown", SHOWN)
def test_an_output_type_that_type_checkers_accept_has_a_schema(shown: str) -> None:
    spec = importlib.util.spec_from_file_location("output_types", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert structured_output(eval(shown, vars(module))).schema.name


def test_the_type_checkers_are_shown_all_kinds_of_output_types() -> None:
    assert len(SHOWN) >= 20

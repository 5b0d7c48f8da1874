"""Changes the tables of modules one entry at a time, and runs the tests on each change.

A table is assigned at the top of a module or in the body of a class. Its entries, and the
alternatives of its regular expressions, are left out one by one; other constants are changed.
"""

from __future__ import annotations

import ast
import multiprocessing
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

SECONDS = 120


def results(tree: Path, modules: Sequence[Path], tests: Sequence[str]) -> dict[str, str]:
    """Return the mutants with their changes, which are empty if a test noticed."""
    changes: dict[str, str] = {}
    if not modules:
        return changes
    os.chdir(tree)
    sys.path.insert(0, str(tree / "src"))
    with _silence():
        if _run(tests):
            sys.exit(f"the tests fail without a change: {' '.join(tests)}")
    _forget(tree)
    for module in sorted(modules):
        source = module.read_text("utf-8")
        name = ".".join(module.relative_to(tree / "src").with_suffix("").parts)
        for number, (line, change, mutant) in enumerate(mutants(source), 1):
            module.write_text(mutant, "utf-8")
            survived = _passes_apart(tests)
            changes[f"{name}:{line}#{number}"] = f"+{change}" if survived else ""
        module.write_text(source, "utf-8")
    sys.path.remove(str(tree / "src"))
    return changes


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, a description and the whole source of each change."""
    parsed = ast.parse(source)
    bodies = [parsed.body, *(node.body for node in parsed.body if isinstance(node, ast.ClassDef))]
    for statement in (statement for body in bodies for statement in body):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
            for node, description, change in _changes(statement.value):
                before = {field: getattr(node, field) for field in change}
                vars(node).update(change)
                yield node.lineno, description, ast.unparse(parsed)
                vars(node).update(before)


Change = tuple[ast.expr, str, dict[str, object]]
"""An expression, the description of the change, and the new values of its fields."""


def _changes(node: ast.expr) -> Iterator[Change]:
    match node:
        case ast.Constant(value=bool(value)):
            yield node, f"{value} -> {not value}", {"value": not value}
        case ast.Constant(value=int(value) | float(value)):
            yield node, f"{value} -> {value + 1}", {"value": value + 1}
        case ast.Constant(value=str(value)):
            yield node, f"{value} -> XX{value}", {"value": f"XX{value}"}
        case ast.Tuple(elts=elements) | ast.Set(elts=elements) | ast.List(elts=elements):
            yield from _entries(node, elements)
        case ast.Dict(keys=keys, values=values):
            for place, (key, value) in enumerate(zip(keys, values, strict=True)):
                less = {"keys": _without(keys, place), "values": _without(values, place)}
                yield node, f"without {ast.unparse(key or value)}", less
            for value in values:
                yield from _words(value) or _changes(value)
        case ast.Subscript():  # a type
            pass
        case _:
            for inner in ast.iter_child_nodes(node):
                expression = getattr(inner, "iter", getattr(inner, "value", inner))
                if isinstance(expression, ast.expr):
                    yield from _changes(expression)


def _words(node: ast.expr) -> list[Change]:
    """Leave out words of a string of several, each of which is an entry."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return []
    words = node.value.split()
    return [
        (node, f"without {word}", {"value": " ".join(_without(words, place))})
        for place, word in enumerate(words)
    ]


def _entries(node: ast.expr, elements: list[ast.expr]) -> Iterator[Change]:
    is_list = len({type(element) for element in elements}) == 1  # not a record of fields
    for place, element in enumerate(elements):
        if is_list:
            yield node, f"without {ast.unparse(element)}", {"elts": _without(elements, place)}
        if is_list and isinstance(element, ast.Constant):
            if isinstance(element.value, str):
                for start, end in _alternatives(element.value):
                    without = element.value[:start] + element.value[end:]
                    left_out = element.value[start:end].strip("|")
                    yield element, f"{element.value} without {left_out}", {"value": without}
        else:
            yield from _changes(element)


def _alternatives(pattern: str) -> Iterator[tuple[int, int]]:
    """Find the alternatives in a regular expression, with the bar that separates each."""
    open_groups = [[0]]
    for match in re.finditer(r"\\.|[(|)]", f"{pattern})"):
        if match[0] == "(":
            open_groups.append([match.end()])
        elif match[0] == "|":
            open_groups[-1].append(match.end())
        elif match[0] == ")":
            first, *others = open_groups.pop()
            if others:
                yield first, others[0]
            for start, end in pairwise([*others, match.end()]):
                yield start - 1, end - 1


def _without(values: Sequence[object], place: int) -> list[Any]:
    return [*values[:place], *values[place + 1 :]]


def _passes_apart(tests: Sequence[str]) -> bool:
    """Run the tests in a process of their own, with everything but our packages imported."""
    process = multiprocessing.get_context("fork").Process(target=_run_and_exit, args=(tests,))
    process.start()
    process.join(SECONDS)
    if process.is_alive():  # a timeout counts as noticed, too
        process.kill()
        process.join()
    return process.exitcode == 0


def _run_and_exit(tests: Sequence[str]) -> None:
    sys.dont_write_bytecode = True  # changes with the same second and size share bytecode
    with _silence():
        os._exit(_run(tests))


def _run(tests: Sequence[str]) -> int:
    options = ["-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "--rootdir=."]
    return int(pytest.main([*options, *tests]))


def _forget(tree: Path) -> None:
    """Remove the modules of the tree from `sys.modules`, so that changed ones are imported."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "chatmodels" or str(tree) in str(
            getattr(module, "__file__", "")
        ):
            del sys.modules[name]


@contextmanager
def _silence() -> Iterator[None]:
    null, streams = os.open(os.devnull, os.O_WRONLY), (os.dup(1), os.dup(2))
    os.dup2(null, 1)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(streams[0], 1)
        os.dup2(streams[1], 2)

"""Hooks of a test run over the whole workspace."""

import gc
import importlib
import re
import signal
import sys
from collections.abc import Generator
from pathlib import Path

import pytest


def pytest_configure() -> None:
    """Let Ctrl-C arrive in the processes that tests start.

    A shell ignores it for what it runs in the background, and so would they: the tests of Ctrl-C
    would wait forever.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector away from the tests, which are a million objects.

    It would visit all of them again and again, and each test that calls it would wait for that.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        if "hypothesis" in sys.modules:  # imported later, it searches for referrers of what exists
            gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path,
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Search for doctests only where one can be: the search takes longer than the import.

    The examples of public names are in private modules, and belong to the public ones. All modules
    are imported nevertheless, so that coverage does not depend on the test that needs one first.
    """
    collectors = yield
    if file_path.suffix != ".py" or b">>>" in file_path.read_bytes():
        return collectors
    source = re.search(r"/packages/[^/]+/src/(chatmodels/.+)\.py$", file_path.as_posix())
    if source and file_path.stem != "__main__":
        if file_path.stem == "__init__" or not file_path.stem.startswith("_"):
            return collectors
        importlib.import_module(source[1].replace("/", "."))
    return [each for each in collectors if type(each) is pytest.Module]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write a worker's coverage while pytest-xdist still waits for the worker.

    Ten seconds after the last test, pytest-xdist kills the workers that have not exited. On a busy
    machine coverage's own exit handler can come later than that, and half of the figures are lost.
    """
    coverage = sys.modules.get("coverage")
    if coverage is None or not hasattr(session.config, "workerinput"):
        return
    measured = coverage.Coverage.current()
    if measured is not None:
        measured.stop()
        measured.save()

"""Hooks of a test run over the whole workspace."""

import sys

import pytest


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

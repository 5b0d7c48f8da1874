"""Starts the server that the variable `CHATMODELS_SERVER` names."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from installing import SERVERS, Environment
from mocks import MOCKS, Mocked
from serving import START, Ability, Served

NAME = os.environ.get("CHATMODELS_SERVER", "")
REPORT = os.environ.get("CHATMODELS_SERVER_REPORT")
"""The file to which versions and results are written; None for no file."""

collect_ignore = ["programs"]  # of other environments
collect_ignore += [f"test_{name}.py" for name in SERVERS if name != NAME]
collect_ignore += ["test_every_server.py"] if NAME in MOCKS else ["test_mocks.py"]
if NAME != "llamacpp":
    collect_ignore.append("test_readiness.py")
outcomes: dict[str, int] = {"passed": 0, "failed": 0, "skipped": 0}


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    if NAME not in START:
        raise pytest.UsageError(
            f"CHATMODELS_SERVER is {NAME!r}; call ./run servers with one of {', '.join(SERVERS)}"
        )
    started = START[NAME]()
    yield started
    started.process.end()


@pytest.fixture(scope="session")
def mocked() -> Iterator[Mocked]:
    started = MOCKS[NAME]()
    yield started
    started.process.end()


@pytest.fixture(autouse=True)
def _ability(request: pytest.FixtureRequest) -> None:
    """Skip a test that needs an ability that the server does not have."""
    marker = request.node.get_closest_marker("needs")
    if marker is not None:
        needed: set[Ability] = set(marker.args)
        missing = needed - request.getfixturevalue("served").abilities
        if missing:
            pytest.skip(f"{NAME}: no {', '.join(sorted(missing))}")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*abilities): the abilities that a test requires")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        outcomes[report.outcome] += 1


def pytest_sessionfinish() -> None:
    if REPORT is not None:
        found = {"versions": Environment(NAME).versions(), **outcomes}
        Path(REPORT).write_text(json.dumps(found), "utf-8")

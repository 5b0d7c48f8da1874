"""Lets the tests import what they share, and has their fixtures."""

import sys
from pathlib import Path

import pytest

from chatmodels.bulk import _run

sys.path.insert(0, str(Path(__file__).parent))

from fake_vendor import FakeClock  # the folder is not on the path before


@pytest.fixture
def to(tmp_path: Path) -> Path:
    """The file of the answers."""
    return tmp_path / "answers.jsonl"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The clock of runs, which goes on only while something waits for it."""
    clock = FakeClock()
    monkeypatch.setattr(_run, "CLOCK", clock)
    return clock

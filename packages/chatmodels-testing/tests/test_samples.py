"""The exchanges that come with the package."""

from pathlib import Path

import pytest
from client import ask

from chatmodels.testing import Simulator, samples

FOLDER = Path(__file__).parents[1] / "src" / "chatmodels" / "testing" / "samples"


def test_they_are_known_by_name() -> None:
    assert list(samples()) == [
        "ferry-1-call",
        "ferry-2-answer",
        "lighthouse",
        "model-not-found",
        "ports-1-calls",
        "ports-2-answer",
        "tide",
        "wrong-key",
    ]


@pytest.mark.parametrize("name", list(samples()))
def test_each_is_listed_and_does_not_name_a_real_model(name: str) -> None:
    sample = samples()[name]
    listed = (FOLDER / "README.md").read_text("utf-8")

    assert f"`{name}`" in listed
    assert sample.source == {}
    assert sample.expected is not None
    assert sample.expected.get("model", "simulated") == "simulated"


@pytest.mark.parametrize("name", list(samples()))
def test_each_is_found_by_its_own_request(name: str) -> None:
    sample = samples()[name]
    assert sample.request is not None
    with Simulator(replay=list(samples().values())) as simulator:
        got = ask(simulator, **sample.request.body)

    assert got.status == sample.response.status
    assert got.content == sample.content


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 50_000

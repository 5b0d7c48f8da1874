"""The exchanges that come with the package."""

from pathlib import Path

import pytest
from client import ask

from chatmodels.testing import Simulator, samples

FOLDER = Path(__file__).parents[1] / "src" / "chatmodels" / "testing" / "samples"


def test_they_are_known_by_name() -> None:
    assert list(samples()) == [
        "book",
        "eclipse",
        "florence-1-call",
        "florence-2-answer",
        "invalid-key",
        "model-not-found",
        "weather-1-calls",
        "weather-2-answer",
    ]


@pytest.mark.parametrize("name", list(samples()))
def test_each_tells_its_source_and_licence(name: str) -> None:
    sample = samples()[name]
    listed = (FOLDER / "README.md").read_text("utf-8")

    assert sample.source["license"] in {"MIT", "Apache-2.0"}
    assert f"`{name}`" in listed
    assert f"https://github.com/{sample.source['repo']}" in listed


@pytest.mark.parametrize("name", list(samples()))
def test_each_is_found_by_its_own_request(name: str) -> None:
    sample = samples()[name]
    assert sample.request is not None
    with Simulator(replay=list(samples().values())) as simulator:
        got = ask(simulator, **sample.request.body)

    assert got.status == sample.response.status
    assert got.content == sample.content


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 200_000

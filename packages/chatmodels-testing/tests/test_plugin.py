"""The pytest plugin, and what it costs those who do not use it."""

import subprocess
import sys

import pytest

import chatmodels.testing
from chatmodels.core import ChatModel
from chatmodels.testing import Simulator


def test_the_simulator_runs(simulator: Simulator) -> None:
    assert simulator.base_url.startswith("http://127.0.0.1:")
    assert simulator.exchanges == ()


def test_the_mock_returns_the_prompt(mock_model: ChatModel) -> None:
    assert mock_model.generate("Hello!").text == "Hello!"


def test_loading_the_plugin_imports_no_heavy_modules() -> None:
    script = (
        "import sys, pytest; before = set(sys.modules); import chatmodels.testing.pytest_plugin; "
        "print(*sorted(name for name in set(sys.modules) - before))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == [
        "chatmodels",
        "chatmodels.testing",
        "chatmodels.testing.pytest_plugin",
    ]


@pytest.mark.parametrize("name", chatmodels.testing.__all__)
def test_names_are_imported_when_they_are_used(name: str) -> None:
    assert getattr(chatmodels.testing, name) is getattr(chatmodels.testing, name)


def test_there_are_no_other_names() -> None:
    with pytest.raises(AttributeError, match=r"chatmodels\.testing.*no attribute 'Simulater'"):
        _ = chatmodels.testing.Simulater  # type: ignore[attr-defined]

"""The examples run as they stand, in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"

STATED = {
    "demo.py": (
        "OPENAI_API_KEY is not set",
        "chatmodels-provider-openai  healthy",
        "were written for this demo, not by a model",
        "The Moon pulls a little harder on the near side",
        'high_water({"port":"Brest"}) -> 05:42',
        "High water is at 05:42 in Brest",
        "name='Cordouan'",
        '"code": "model_not_found"',
        "streamed text      simulated",
        "execute_tool high_water",
    ),
    "reverse_provider.py": ("the sky is blue",),
}


def test_every_example_is_tried() -> None:
    assert sorted(STATED) == sorted(path.name for path in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("name", STATED)
def test_an_example_prints_the_expected_text(name: str, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if "OPENAI" not in key}
    result = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name],
        cwd=tmp_path,
        env=environment | {"COLUMNS": "100", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )

    assert result.returncode == 0, result.stderr
    printed = result.stdout.split()  # how wide columns are depends on what is installed
    for words in STATED[name]:
        assert " ".join(words.split()) in " ".join(printed)

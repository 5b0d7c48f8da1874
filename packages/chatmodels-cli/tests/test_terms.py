"""The messages of errors name the options of the command line."""

import json
from pathlib import Path

import pytest

from chatmodels.cli._failures import error_record
from chatmodels.core import ConfigurationError


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a"}\n{"text": "b"}\n')
    return path


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


def test_a_changed_row_names_the_option_of_the_command(run, rows: Path, to: Path) -> None:
    arguments = ("mock:echo", rows, "--to", to)
    assert run("bulk", "run", *arguments, "-p", "{text}").code == 0
    for command in ("run", "estimate"):
        result = run("bulk", command, *arguments, "-p", "{text}!")
        assert result.code == 3
        assert "pass --changed redo to ask again, --changed keep to keep" in result.err
        assert "changed=" not in result.err
    record = json.loads(run("bulk", "run", *arguments, "-p", "{text}!", "--json").out)
    assert "pass --changed redo" in record["error"]["message"]
    assert run("bulk", "estimate", *arguments, "-p", "{text}!", "--changed", "redo").code == 0


def test_a_row_without_its_column_names_the_option_of_the_prompt(run, rows: Path, to: Path) -> None:
    result = run("bulk", "run", "mock:echo", rows, "--to", to)
    assert "pass --prompt '... {column} ...'" in result.err


def test_batches_and_retries_name_the_options_of_the_command(run, rows: Path, to: Path) -> None:
    arguments = ("mock:echo", rows, "--to", to, "-p", "{text}")
    result = run("bulk", "run", *arguments, "--via", "batch")
    assert "pass a model as 'provider:model', or --via calls" in result.err
    result = run("bulk", "run", *arguments, "-o", "max_retries=1")
    assert "pass --retries ..." in result.err


@pytest.mark.parametrize(
    ("model", "remedy"),
    [
        ("openai:m", "set OPENAI_API_KEY or pass --api-key-env NAME"),
        ("azure:m", "set AZURE_OPENAI_ENDPOINT or pass -o base_url=..."),
        ("bedrock:m", "set AWS_REGION or pass -o region=..."),
    ],
)
def test_a_missing_option_of_a_model_names_that_of_the_command(
    run, rows: Path, to: Path, model: str, remedy: str
) -> None:
    assert remedy in run("ask", model, "hi").err
    assert remedy in run("bulk", "run", model, rows, "--to", to, "-p", "{text}").err


def test_a_comparison_names_its_options(run) -> None:
    assert "or pass -o region=..." in run("compare", "bedrock:m", "mock:m", "hi").out


def test_an_argument_without_an_option_stays(run) -> None:
    assert "or pass api_key=..." in run("compare", "openai:m", "mock:m", "hi").out


def test_an_error_outside_of_a_command_stays_as_it_is() -> None:
    message = "the row has changed; pass changed='redo' to ask again"
    assert error_record(ConfigurationError(message, op="bulk"))["message"] == message

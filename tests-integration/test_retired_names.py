"""No page, example or docstring recommends a model that its vendor has retired or soon will."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatmodels.core.extending import provider
from chatmodels.testing._strict.retirement import (
    ANTHROPIC,
    BEDROCK,
    GEMINI,
    MISTRAL,
    OPENAI,
    RETIREMENTS,
    VERTEX_AI,
    Retirements,
)

ROOT = Path(__file__).parents[1]
DATES = {
    name: date
    for each in RETIREMENTS
    if each is not VERTEX_AI  # its models have the names, and other dates, of the Gemini API
    for name, date in each.names.items()
    if not name.endswith("*")
}
_ANY = "|".join(sorted(map(re.escape, DATES), key=len, reverse=True))
NAMES = re.compile(rf"(?<![\w-])({_ANY})(?![\w-]|\.\d|\*)")
PATTERNS = ("README.md", "docs/**/*.md", "examples/**/*", "packages/*/README.md")
SOURCES = "packages/*/src/**/*.py"
EXCEPTIONS: dict[str, str] = {
    "docs/reference/simulator.md": "lists them",
    "docs/reference/capabilities.md": "has a row for each family, also of models that remain",
    "docs/reference/providers/anthropic.md": "prints the dates of the known models",
    "docs/reference/providers/google.md": "prints the dates of the known models",
    "docs/reference/providers/openai.md": "prints the dates of the known models",
    "docs/reference/providers/azure.md": "prints the known models, which Azure retires later",
    "docs/reference/providers/github-models.md": "has names of GitHub's catalog",
    "packages/chatmodels-provider-github-models/README.md": "has a name of GitHub's catalog",
    "packages/chatmodels-provider-github-models/src/chatmodels/providers/github_models/"
    "__init__.py": "has a name of GitHub's catalog",
}
"""The files that may name such models, with the reason."""

TABLES = frozenset(
    {
        "_profile.py",
        "_dialect.py",
        "_metadata.py",
        "retirement.py",
        "chat_vendors.py",
        "openai_models.py",
        "_openai_models.py",
    }
)
"""The modules of facts about models by name."""


def files() -> Iterator[Path]:
    for pattern in PATTERNS:
        yield from (path for path in ROOT.glob(pattern) if path.is_file())
    for path in ROOT.glob(SOURCES):
        if path.name not in TABLES:
            yield path


def found(path: Path) -> list[str]:
    """Find the names in a file of text."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        return []
    lines = enumerate(text.splitlines(), 1)
    return [f"{n}: {match[1]}" for n, line in lines for match in NAMES.finditer(line)]


def test_no_page_example_or_docstring_recommends_a_model_that_ends() -> None:
    problems = {path.relative_to(ROOT).as_posix(): found(path) for path in files()}
    problems = {path: names for path, names in problems.items() if names}

    assert {path: names for path, names in problems.items() if path not in EXCEPTIONS} == {}
    assert EXCEPTIONS.keys() <= problems.keys(), "an exception that is no longer needed"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('create_chat_model("openai:gpt-4o")', "gpt-4o"),
        ("`openrouter:openai/gpt-5-mini`.", "gpt-5-mini"),
        ("| o1 |", "o1"),
        ("gpt-5.6-sol, gpt-4o-transcribe, `gpt-5*`, gpt-oss-120b", None),
    ],
)
def test_names_are_found_as_a_whole(text: str, name: str | None, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(text, "utf-8")
    assert found(path) == ([] if name is None else [f"1: {name}"])
    path.write_bytes(b"\xff")
    assert found(path) == []


@pytest.mark.parametrize(
    ("name", "retirements"),
    [
        ("anthropic", ANTHROPIC),
        ("bedrock", BEDROCK),
        ("google", GEMINI),
        ("google-vertex", VERTEX_AI),
        ("mistral", MISTRAL),
        ("openai", OPENAI),
    ],
)
def test_providers_and_the_simulator_agree_about_the_dates(
    name: str, retirements: Retirements
) -> None:
    for info in provider(name).metadata.models:
        assert info.deprecated == retirements.names.get(info.name), info.name

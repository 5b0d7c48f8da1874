import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import pages
from chatmodels.testing import Simulator
from pages import Block

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "packages/*/*.md", "examples/**/*.md")
    for path in ROOT.glob(pattern)
)


@pytest.fixture(scope="module")
def provider_api() -> Iterator[dict[str, str]]:
    with Simulator() as simulator:
        yield {
            f"{vendor}_{name}": value
            for vendor in ("ANTHROPIC", "OPENAI")
            for name, value in (("API_KEY", "sk-documentation"), ("BASE_URL", simulator.base_url))
        } | {
            "AWS_BEARER_TOKEN_BEDROCK": "documentation",
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": simulator.url,
            "CO_API_KEY": "sk-documentation",
            "CO_API_URL": simulator.url,
            "GEMINI_API_KEY": "sk-documentation",
            "GOOGLE_GEMINI_BASE_URL": simulator.base_url,
            "OLLAMA_HOST": simulator.url,
        }


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_prints_what_it_says(
    page: Path, tmp_path: Path, provider_api: dict[str, str]
) -> None:
    result = read(page, tmp_path, provider_api)

    assert result.returncode == 0, result.stderr


APART = {"explanation/origin.md"}  # reached by links only


def test_every_page_of_the_site_is_in_its_navigation() -> None:
    site = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]
    written = [path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")]

    assert sorted(navigation(site["nav"])) == sorted({*written} - APART)


def test_the_navigation_may_have_sections() -> None:
    assert list(navigation([{"a": "a.md"}, {"b": [{"c": "c.md"}]}])) == ["a.md", "c.md"]


def test_a_page_that_prints_something_else_is_shown_with_its_line(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n\n```python\nprint(1)\nprint(2)  # => 2\n```\n")

    result = read(page, tmp_path, {})

    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f"{page}:4 prints",
        *("", "1", "2"),
        *("", "but states", "", "2", ""),
    ]


def test_an_error_in_a_page_is_shown_with_its_line(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n\n```python\nx = 1\n```\n\n```python\nx / 0\n```\n")

    result = read(page, tmp_path, {})

    assert f'File "{page}", line 8' in result.stderr
    assert "x / 0" in result.stderr


def test_a_warning_in_a_page_is_an_error(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nimport warnings\nwarnings.warn('old')\n```\n")

    assert "UserWarning: old" in read(page, tmp_path, {}).stderr


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("```python\nx = 1\n```\n", [Block(2, "x = 1\n")]),
        (
            "a\n\n```python title='b'\nx\n\ny\n```\n```python\nz\n```",
            [Block(4, "x\n\ny\n"), Block(9, "z\n")],
        ),
        ("1. a\n\n   ```python\n   if x:\n       y\n   ```\n", [Block(4, "if x:\n    y\n")]),
        ("<!--\n```python\nx\n```\n-->\n", [Block(3, "x\n")]),
        ("````md\n```python\nx\n```\n````\n", []),
        ("```python no-run\nx\n```\n", []),
        ("```pycon\n>>> x\n```\n```\nx\n```\n", []),
        ("```python\nx\n", [Block(2, "x\n")]),
    ],
    ids=["one", "two", "indented", "unseen", "quoted", "no-run", "other languages", "unclosed"],
)
def test_blocks_are_found_with_their_lines(text: str, found: list[Block]) -> None:
    assert list(pages.blocks(text)) == found


@pytest.mark.parametrize(
    ("printed", "stated", "agree"),
    [
        ("a\n", "a", True),
        ("a\n", "", False),
        ("", "a", False),
        ("took 3 ms.\n", "took ... ms.", True),
        ("took 3 ms!\n", "took ... ms.", False),
        ("a\nb\nc\nd\n", "a\n...\nd", True),
        ("a\nb\n", "a...", False),
        ("", "...", True),
    ],
)
def test_stated_output_is_compared_whole(printed: str, stated: str, agree: bool) -> None:
    assert pages.matches(printed, stated) is agree


def test_only_comments_state_output() -> None:
    source = 'x = "# => a"\nprint(x)  # => # => a\n# a remark\n# =>\n# =>   b\n'

    assert pages.expected_output(source) == "# => a\n\n  b"


def test_a_block_may_await_and_sees_the_blocks_before_it() -> None:
    module = ModuleType("page")
    pages.run(Block(1, "import asyncio\nx = 1"), Path("page.md"), module)

    printed = pages.run(Block(5, "await asyncio.sleep(0)\nprint(x)"), Path("page.md"), module)

    assert printed == "1\n"


def read(page: Path, folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    # as a reader would: a fresh interpreter in an empty folder
    command = [sys.executable, "-W", "error", pages.__file__, page]
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def navigation(entries: list[dict[str, object]]) -> Iterator[str]:
    for entry in entries:
        for target in entry.values():
            if isinstance(target, str):
                yield target
            else:
                yield from navigation(target)

"""Every Python block of every Markdown page runs, and prints what the page says it prints.

What a block prints stands in comments, below the line or beside it; all of it has to be there:

    print(1 + 1)  # => 2
    print("a\\nb")
    # => a
    # => b

Within such a comment `...` stands for any text, alone on its line for any lines. The blocks of a
page run in order, in one namespace and in an empty folder; `await` is allowed at top level. A block
inside an HTML comment runs unseen: use it for what a reader has and the tests do not. A block
opened with "```python no-run" is left alone.
"""

import ast
import asyncio
import inspect
import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "packages/*/*.md", "examples/**/*.md")
    for path in ROOT.glob(pattern)
)

FENCE = re.compile(r"( *)(`{3,})(\w*)(.*)")


class Block(NamedTuple):
    """A fenced Python block: its first line's number in the page, and its text."""

    line: int
    source: str


@pytest.fixture
def provider_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
@pytest.mark.usefixtures("provider_api")
def test_a_page_prints_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)

    for block in blocks(page.read_text("utf-8")):
        printed = run(block, page, module)
        stated = expected_output(block.source)
        assert matches(printed, stated), (
            f"{page}:{block.line} prints\n{printed}\nbut states\n{stated}"
        )


def test_every_page_of_the_site_is_in_its_navigation() -> None:
    site = tomllib.loads((ROOT / "docs" / "zensical.toml").read_text("utf-8"))["project"]
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")]

    assert sorted(navigation(site["nav"])) == sorted(pages)


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
    ],
    ids=["one", "two", "indented", "unseen", "quoted", "no-run", "other languages"],
)
def test_blocks_are_found_with_their_lines(text: str, found: list[Block]) -> None:
    assert list(blocks(text)) == found


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
    assert matches(printed, stated) is agree


def test_only_comments_state_output() -> None:
    source = 'x = "# => a"\nprint(x)  # => # => a\n# a remark\n# =>\n# =>   b\n'

    assert expected_output(source) == "# => a\n\n  b"


def test_a_block_may_await_and_sees_the_blocks_before_it() -> None:
    module = ModuleType("page")
    run(Block(1, "import asyncio\nx = 1"), Path("page.md"), module)

    assert run(Block(5, "await asyncio.sleep(0)\nprint(x)"), Path("page.md"), module) == "1\n"


def test_an_error_in_a_block_points_into_the_page() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run(Block(7, "x = 1\nx / 0"), Path("page.md"), ModuleType("page"))

    assert str(caught.traceback[-1]).startswith("  File 'page.md':8")


def blocks(text: str) -> Iterator[Block]:
    lines = iter(enumerate(text.splitlines(keepends=True), start=1))
    for number, line in lines:
        opening = FENCE.match(line)
        if opening is None:
            continue
        indent, ticks, language, rest = opening.groups()
        body: list[str] = []
        for _, inner in lines:
            if inner.strip() == ticks:
                break
            body.append(inner.removeprefix(indent))
        if language == "python" and "no-run" not in rest.split():
            yield Block(number + 1, "".join(body))


def run(block: Block, page: Path, module: ModuleType) -> str:
    padded = "\n" * (block.line - 1) + block.source  # so that tracebacks show the page's lines
    code = compile(padded, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    printed = io.StringIO()
    with redirect_stdout(printed):
        result = eval(code, vars(module))
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(result)
    return printed.getvalue()


def expected_output(source: str) -> str:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return "\n".join(
        comment.removeprefix("# =>").removeprefix(" ")
        for comment in comments
        if comment.startswith("# =>")
    )


def matches(printed: str, stated: str) -> bool:
    pattern = "\n".join(
        r"(?s:.*)" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*")
        for line in stated.splitlines()
    )
    return re.fullmatch(pattern, printed.removesuffix("\n")) is not None


def navigation(entries: list[dict[str, object]]) -> Iterator[str]:
    for entry in entries:
        for target in entry.values():
            if isinstance(target, str):
                yield target
            else:
                yield from navigation(target)

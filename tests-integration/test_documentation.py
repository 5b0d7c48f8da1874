import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from types import ModuleType
from typing import NamedTuple

import pytest

import pages
from pages import Block

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "packages/*/*.md", "examples/**/*.md")
    for path in ROOT.glob(pattern)
)


DISTRIBUTIONS = {
    project["name"]: project.get("optional-dependencies", {})
    for path in (ROOT / "pyproject.toml", *ROOT.glob("packages/*/pyproject.toml"))
    for project in (tomllib.loads(path.read_text("utf-8"))["project"],)
}

RUN_PAGES = [sys.executable, "-W", "error", pages.__file__]


class Result(NamedTuple):
    code: int
    output: str


Read = Callable[[Path], Result]


@pytest.fixture(scope="session")
def read() -> Iterator[Read]:
    """Return a function that runs a page in a fork of a process with the imports of all pages.

    Imports take most of the time of a process of its own. Other systems than Linux have no fork,
    or libraries that do not survive it.
    """
    command = [*RUN_PAGES, "-"]
    pipe = subprocess.PIPE
    forking = sys.platform == "linux"
    with (
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1)
        if forking
        else nullcontext()
    ) as process:
        yield partial(read_in_fork, process) if process else read_in_process_of_its_own


def read_in_fork(process: subprocess.Popen[str], page: Path) -> Result:
    assert process.stdin is not None
    assert process.stdout is not None
    with NamedTemporaryFile("r", encoding="utf-8") as output:
        process.stdin.write(json.dumps([str(page), output.name]) + "\n")
        line = process.stdout.readline()
        assert line, "the process that runs the pages has ended"
        return Result(int(line), output.read())


def read_in_process_of_its_own(page: Path) -> Result:
    """Run a page as a reader would: in a fresh interpreter and an empty folder."""
    with TemporaryDirectory() as folder:
        ran = subprocess.run(
            [*RUN_PAGES, page],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        assert list(Path(folder).iterdir()) == []
    return Result(ran.returncode, ran.stdout)


of_each_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix()
)


@of_each_page
def test_the_output_of_a_page_equals_the_stated_output(page: Path, read: Read) -> None:
    result = read(page)

    assert result.code == 0, result.output


@of_each_page
def test_a_page_hides_no_code_from_its_readers(page: Path) -> None:
    comments = re.findall(r"<!--.*?-->", page.read_text("utf-8"), re.DOTALL)

    assert [comment for comment in comments if "```" in comment] == []


@of_each_page
def test_the_site_renders_all_blocks_of_a_page(page: Path) -> None:
    # it shows a fence with words behind the language, and all headings below it, as text
    assert re.findall(r"^ *`{3,}\w+ .*", page.read_text("utf-8"), re.MULTILINE) == []


@of_each_page
def test_blocks_that_are_not_run_are_well_formed(page: Path) -> None:
    for block in pages.blocks(page.read_text("utf-8")):
        assert problem(block) is None, f"{page}:{block.line}"


@pytest.mark.parametrize(
    ("language", "source", "found"),
    [
        ("toml", "a = ", "Invalid value"),
        ("json", "{", "Expecting property name"),
        ("sh", "cat <(", "yntax error"),
        ("sh", "pip install -U 'chatmodels[acme]>=1'", "chatmodels has no extra 'acme'"),
        ("sh", "pip install httpx chatmodels-core-x", "no distribution is named chatmodels-core-x"),
        ("sh", "pip install \\\n  'chatmodels[all]' # or\npip install httpx[http2]", None),
        ("text", "(", None),
    ],
)
def test_the_check_of_blocks_finds_mistakes(language: str, source: str, found: str | None) -> None:
    assert (found or "None") in str(problem(Block(1, source, language)))


APART = {"explanation/measurements.md", "explanation/origin.md"}  # reached by links only


def test_every_page_of_the_site_is_in_its_navigation() -> None:
    site = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]
    written = [path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")]

    assert sorted(navigation(site["nav"])) == sorted({*written} - APART)


def test_the_navigation_may_have_sections() -> None:
    assert list(navigation([{"a": "a.md"}, {"b": [{"c": "c.md"}]}])) == ["a.md", "c.md"]


@pytest.mark.parametrize("forked", [True, False])
def test_different_output_of_a_page_is_reported_with_its_line(
    forked: bool, tmp_path: Path, read: Read
) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n\n```python\nprint(1)\nprint(2)  # => 2\n```\n")

    result = read(page) if forked else read_in_process_of_its_own(page)

    assert result.code == 1
    assert result.output.splitlines() == [
        f"{page}:4 prints",
        *("", "1", "2"),
        *("", "but states", "", "2", ""),
    ]


def test_an_error_in_a_page_is_shown_with_its_line(tmp_path: Path, read: Read) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n\n```python\nx = 1\n```\n\n```python\nx / 0\n```\n")

    result = read(page)

    assert f'File "{page}", line 8' in result.output
    assert "x / 0" in result.output


def test_a_warning_in_a_page_is_an_error(tmp_path: Path, read: Read) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nimport warnings\nwarnings.warn('old')\n```\n")

    assert "UserWarning: old" in read(page).output


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("```python\nx = 1\n```\n", [Block(2, "x = 1\n")]),
        (
            "a\n\n```python\nx\n\ny\n```\n```python\nz\n```",
            [Block(4, "x\n\ny\n"), Block(9, "z\n")],
        ),
        ("1. a\n\n   ```python\n   if x:\n       y\n   ```\n", [Block(4, "if x:\n    y\n")]),
        ('<!-- responses\n"x"\n-->\n', [Block(2, '"x"\n', "responses")]),
        ("<!-- input\nx\n\n-->\n", [Block(2, "x\n\n", "input")]),
        ("<!-- a remark -->\n", []),
        ("````md\n```python\nx\n```\n````\n", [Block(2, "```python\nx\n```\n", "md")]),
        (
            "<!-- no-run -->\n\n```python\nx\n```\n```python\ny\n```\n",
            [Block(4, "x\n", option="no-run"), Block(7, "y\n")],
        ),
        ("```\nx\n```\n", [Block(2, "x\n", "")]),
        ("```python\nx\n", [Block(2, "x\n")]),
    ],
    ids=[
        *("one", "two", "indented", "responses", "input", "remark"),
        *("quoted", "no-run", "no language", "unclosed"),
    ],
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
        ("> \n", ">", True),
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


def test_a_block_that_is_not_run_is_compiled() -> None:
    page, module = Path("page.md"), ModuleType("page")

    assert pages.run(Block(1, "x / 0  # => 1", option="no-run"), page, module) == "1"
    with pytest.raises(SyntaxError):
        pages.run(Block(1, "x /", option="no-run"), page, module)


@pytest.mark.parametrize(("text", "output"), [("text", ""), ("", "page.md:3 fails")])
def test_a_test_file_in_a_page_is_run(text: str, output: str, tmp_path: Path, read: Read) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        f"<!-- test -->\n```python\ndef test_text() -> None:\n    assert {text!r}\n```\n"
    )

    result = read(page)

    assert output in result.output
    assert bool(result.code) is bool(output)


def test_the_simulator_replies_with_the_responses_of_a_page(tmp_path: Path, read: Read) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        """
<!-- responses
"Hello."
["So.", {"weather": {"city": "Oslo"}}]
{"error": "rate_limited"}
-->

```python
from chatmodels.core import create_chat_model

model = create_chat_model("openai:gpt-6.1-terra", max_retries=0)
print(model.generate("Hi").text)  # => Hello.
print(model.generate("Weather?").tool_calls[0].arguments)  # => {'city': 'Oslo'}
try:
    model.generate("Hi")
except Exception as error:
    print(error.code)  # => rate_limited
```
"""
    )

    assert read(page).output == ""


def test_a_block_reads_the_input_of_a_page(tmp_path: Path, read: Read) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        """
<!-- input
Ann

-->

```python
while name := input("> "):
    print(f"Hello {name}")
# => > Hello Ann
# => >
```
"""
    )

    assert read(page).output == ""


def test_files_that_a_page_links_to_are_in_the_working_directory(
    tmp_path: Path, read: Read
) -> None:
    page = tmp_path / "page.md"
    (tmp_path / "a.txt").write_text("1")
    page.write_text(
        "[a](a.txt) [b](b.md)\n"
        "```python\nfrom pathlib import Path\nprint(Path('a.txt').read_text())  # => 1\n```\n"
    )

    assert read(page).output == ""


def test_files_that_a_page_writes_do_not_remain(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nwith open('key', 'w') as file:\n    file.write('1')\n```\n")

    assert read_in_process_of_its_own(page) == (0, "")


def problem(block: Block) -> str | None:
    """Find what is wrong with a block in another language than Python."""
    try:
        if block.language == "toml":
            tomllib.loads(block.source)
        if block.language == "json":
            json.loads(block.source)
    except ValueError as error:
        return str(error)
    if block.language != "sh":
        return None
    shell = [shutil.which("sh") or "sh", "-n"]
    checked = subprocess.run(shell, input=block.source, capture_output=True, text=True, check=False)
    return checked.stderr or next(missing_distributions(block.source), None)


def missing_distributions(commands: str) -> Iterator[str]:
    for command in re.findall(r"^.*pip install (.*)", commands.replace("\\\n", ""), re.MULTILINE):
        for word in shlex.split(command, comments=True):
            name, extras = re.match(r"([\w-]*)(?:\[(.*?)\])?", word).groups(default="")
            if not name.startswith("chatmodels"):
                continue
            if name not in DISTRIBUTIONS:
                yield f"no distribution is named {name}"
                continue
            for extra in filter(None, extras.split(",")):
                if extra not in DISTRIBUTIONS[name]:
                    yield f"{name} has no extra {extra!r}"


def navigation(entries: list[dict[str, object]]) -> Iterator[str]:
    for entry in entries:
        for target in entry.values():
            if isinstance(target, str):
                yield target
            else:
                yield from navigation(target)

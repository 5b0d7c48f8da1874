"""Plain technical English in docstrings, comments, messages, names and pages.

Only the measurable part of the rules is checked here; CONTRIBUTING.md has all of them.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

CLEAN = (  # files, and folders with everything below them
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "docs",
    "examples",
    "packages/chatmodels-core/src",
    "packages/chatmodels-core/tests",
    ".ci",
    "benchmarks",
    "conftest.py",
    "packages/chatmodels-http",
    "packages/chatmodels-openai-compatible",
    "packages/chatmodels-otel",
    "packages/chatmodels-resilience",
    "packages/chatmodels-provider-anthropic",
    "packages/chatmodels-provider-azure",
    "packages/chatmodels-provider-bedrock",
    "packages/chatmodels-provider-cohere",
    "packages/chatmodels-provider-google",
    "packages/chatmodels-provider-mistral",
    "packages/chatmodels-provider-mock",
    "packages/chatmodels-provider-ollama",
    "packages/chatmodels-provider-openai",
    "packages/chatmodels-testing",
    "tests-integration/conformance",
    "tests-integration/typing",
)

OPENINGS = re.compile(r"#*\s*(What|Who|Whoever|How|Where|Why|That|Whether|Whatever)\b")

PLAIN_TERMS = {
    "tell|tells|told|telling": "report, describe, specify",
    "say|says|said|saying": "state, report, document",
    "gives|gave": "return, yield, provide",
    "mend|mends|mended|mending": "fix, repair",
    "sound|sounds": "audio",
    "thought|thoughts": "reasoning",
    "worlds": "sync and async",
    "whoever|nobody|somebody": "you, chatmodels, the provider, the caller",
    "at hand": "available",
    "lest": "so that it does not",
    "ought": "must, should",
    "linger|lingers|lingering": "wait, drain",
    "bears|beholds|heeds|dwells|begets|wishes|wished": "a verb of the trade",
}
WORDS = re.compile(rf"\b({'|'.join(PLAIN_TERMS)})\b", re.IGNORECASE)

NAMES = frozenset({"told", "said", "kept", "asked", "wished", "begun", "lacks", "linger", "spare"})

REPLIES = frozenset({"You said: "})  # of the simulator: data, not messages

RULE = (
    "\n\nName the thing first, and use the verbs and nouns of the trade"
    " (the rules are in CONTRIBUTING.md, section English):\n"
)


def sources() -> Iterator[Path]:
    """Find the files of the clean areas that contain English."""
    for area in CLEAN:
        path = ROOT / area
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        yield from (each for each in found if each.suffix in {".py", ".md"})


each_file = pytest.mark.parametrize(
    "path", list(sources()), ids=lambda path: path.relative_to(ROOT).as_posix()
)


@each_file
def test_no_docstring_heading_or_comment_begins_like_a_question(path: Path) -> None:
    offences = [
        f"{path.relative_to(ROOT)}:{line}: {text.strip().splitlines()[0]}"
        for line, text in openings(path)
        if OPENINGS.match(text)
    ]

    assert not offences, RULE + "\n".join(offences)


@each_file
def test_no_word_has_a_plainer_term_of_the_trade(path: Path) -> None:
    offences = [
        f"{path.relative_to(ROOT)}:{line}: {match[0]!r}; use one of: {plain_term(match[0])}"
        for line, text in prose(path)
        for match in WORDS.finditer(text)
    ]

    assert not offences, RULE + "\n".join(offences)


@each_file
def test_no_name_has_to_be_guessed(path: Path) -> None:
    offences = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for line, name in names(path)
        if name.strip("_") in NAMES
    ]

    assert not offences, RULE + "\n".join(offences)


@pytest.mark.parametrize("area", CLEAN)
def test_each_clean_area_exists(area: str) -> None:
    assert (ROOT / area).exists()


def test_the_checks_see_docstrings_comments_messages_and_names(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        '"""What it is."""\n'
        "# Where it is\n"
        "told = 1\n"
        "def f(said):\n"
        '    raise ValueError(f"nobody told {said} that")\n'
    )

    assert [line for line, text in openings(module) if OPENINGS.match(text)] == [1, 2]
    assert [match[0] for _, text in prose(module) for match in WORDS.finditer(text)] == [
        "nobody",
        "told",
    ]
    assert [name for _, name in names(module) if name in NAMES] == ["told", "said"]


def test_the_checks_see_headings_and_prose_of_pages_but_no_code(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# What it is\n\nIt `told` us.\n\n```python\ntold()\n```\n\nNobody came.\n")

    assert [line for line, text in openings(page) if OPENINGS.match(text)] == [1]
    assert [(line, match[0]) for line, text in prose(page) for match in WORDS.finditer(text)] == [
        (9, "Nobody")
    ]


def openings(path: Path) -> Iterator[tuple[int, str]]:
    """Find the beginnings that are checked, with their lines."""
    if path.suffix == ".md":
        yield from ((line, text) for line, text in paragraphs(path) if text.startswith("#"))
        return
    yield from docstrings(path)
    previous = 0
    for line, text in comments(path):
        if line != previous + 1:
            yield line, text
        previous = line


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """Find all checked text of a file, with its lines, without quoted code."""
    if path.suffix == ".md":
        texts = paragraphs(path)
    else:
        texts = (each for part in (docstrings, comments, messages) for each in part(path))
    for line, text in texts:
        yield line, re.sub(r"`[^`]*`|\"[^\"]*\"", "", text)


def plain_term(word: str) -> str:
    """Look up the terms to use for a word of the list."""
    return next(
        plain for words, plain in PLAIN_TERMS.items() if re.fullmatch(words, word, re.IGNORECASE)
    )


def paragraphs(path: Path) -> Iterator[tuple[int, str]]:
    """Read the lines of a page that are not in a block of code."""
    fenced = False
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if line.strip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """Read all docstrings of a module, those of attributes too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Expr(ast.Constant(str(text))):
                yield node.lineno, text
            case _:
                pass


def comments(path: Path) -> Iterator[tuple[int, str]]:
    """Read all comments of a module."""
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def messages(path: Path) -> Iterator[tuple[int, str]]:
    """Read the strings of a module that look like sentences, such as error messages."""
    if {"tests", "tests-integration"}.intersection(path.parts):
        return  # the strings of tests are data
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Constant(str(text)) if " " in text.strip() and text not in REPLIES:
                yield node.lineno, text
            case _:
                pass


def names(path: Path) -> Iterator[tuple[int, str]]:
    """Read the names of functions, classes, parameters and variables that a module defines."""
    if path.suffix == ".md":
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case _:
                pass

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

HIDDEN_FOLDERS = frozenset({".ci", ".github"})  # of the project; others belong to tools
SCRIPTS = frozenset({".sh", ".toml", ".yml"})  # only their comments are checked

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

VAGUE_NAMES = frozenset({"kept", "asked", "begun", "lacks", "spare", "answers"})

DATA = frozenset({"You said: "})  # a reply of the simulator
FIXED_NAMES = frozenset(
    {"thought", "thought_signature", "thoughts_token_count"}  # fields of Gemini
    | {"answer", "tells_error"}  # former names, which work until 0.3
)

Line = tuple[int, str]


def files() -> Iterator[Path]:
    """Find the files of the repository that contain English. JSON is data."""
    for top in sorted(ROOT.iterdir()):
        if top.is_file():
            yield from [top] if is_read(top) else []
        elif top.name in HIDDEN_FOLDERS or not top.name.startswith("."):
            yield from filter(is_read, sorted(top.rglob("*")))


def is_read(path: Path) -> bool:
    is_ours = "node_modules" not in path.parts
    return is_ours and (path.suffix in {".py", ".md", *SCRIPTS} or path.name == "run")


@pytest.mark.parametrize("path", list(files()), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_english_of_a_file_is_plain(path: Path) -> None:
    offences = list(offences_in(path))

    assert not offences, "\n".join(
        [
            "Name the thing first, and use the verbs and nouns of the trade:",
            *(f"{path.relative_to(ROOT)}:{line}: {offence}" for line, offence in offences),
            "(all rules are in CONTRIBUTING.md, section English; code in backticks is not checked)",
        ]
    )


def test_all_kinds_of_files_and_all_areas_are_checked() -> None:
    areas = {path.relative_to(ROOT).parts[0] for path in files()}

    assert {".ci", ".github", "benchmarks", "docs", "examples", "findings"} <= areas
    assert {"packages", "tests-integration", "CHANGELOG.md", "README.md", "hatch.toml"} <= areas
    assert "run" in areas
    assert ".hatch" not in areas


def test_docstrings_comments_messages_and_names_of_a_module_are_checked(tmp_path: Path) -> None:
    module = tmp_path / "answers.py"
    module.write_text(
        '"""What it is."""\n'
        "# Where it is,\n"
        "# What is not the first line\n"
        "kept = 1\n"
        "def f(said, spare):\n"
        '    raise ValueError(f"nobody told {said} that", "`told`")\n'
        "def test_a_server_says_no(): ...\n"
    )

    assert sorted(offences_in(module)) == [
        (1, "begins with 'What': What it is."),
        (1, "the name 'answers'; use a term that predicts its value"),
        (2, "begins with 'Where': # Where it is,"),
        (4, "the name 'kept'; use a term that predicts its value"),
        (5, "'said'; use one of: state, report, document: said"),
        (5, "the name 'spare'; use a term that predicts its value"),
        (6, "'nobody'; use one of: you, chatmodels, the provider, the caller: nobody told"),
        (6, "'told'; use one of: report, describe, specify: nobody told"),
        (7, "'says'; use one of: state, report, document: test a server says no"),
    ]


def test_the_strings_of_a_test_are_data(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    module = tmp_path / "tests" / "test_it.py"
    module.write_text('x = "nobody told me"\n')

    assert list(offences_in(module)) == []


def test_headings_and_prose_of_a_page_are_checked_but_not_its_code(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# What it is\n\nWhat `told` us.\n\n```python\n# told\n```\n\nNobody came to this place.\n"
    )

    assert [line for line, _ in offences_in(page)] == [1, 9]


def test_only_the_comments_of_a_script_are_checked(tmp_path: Path) -> None:
    script = tmp_path / "run"
    script.write_text("#!/bin/sh\n# How it runs\necho told  # told\n")

    assert [line for line, _ in offences_in(script)] == [2]


def offences_in(path: Path) -> Iterator[Line]:
    """Find everything in a file that is not plain English, with its lines."""
    source = path.read_text("utf-8")
    if path.suffix == ".py":
        tests = {"tests", "tests-integration"}.intersection(path.parts)
        openings, prose, names = of_module(source, has_messages=not tests)
    elif path.suffix == ".md":
        openings, prose, names = of_page(source)
    else:
        prose = of_script(source)
        openings, names = first_lines(prose), []
    for line, text in openings:
        if match := OPENINGS.match(text):
            yield line, f"begins with {match[1]!r}: {text.strip().splitlines()[0]}"
    for line, name in [(1, path.stem), *names]:
        if name.strip("_") in VAGUE_NAMES:
            yield line, f"the name {name!r}; use a term that predicts its value"
    readable = [(line, name.replace("_", " ")) for line, name in names if name not in FIXED_NAMES]
    for line, text in [*prose, *readable]:
        unquoted = re.sub(r"`[^`]*`|\"[^\"]*\"", "", text)
        for match in WORDS.finditer(unquoted):
            context = unquoted[max(0, match.start() - 30) : match.end() + 30]
            yield line, f"{match[0]!r}; use one of: {plain_terms(match[0])}: {context.strip()}"


def plain_terms(word: str) -> str:
    """Look up the terms to use for a word of the list."""
    return next(
        plain for words, plain in PLAIN_TERMS.items() if re.fullmatch(words, word, re.IGNORECASE)
    )


def of_module(source: str, *, has_messages: bool) -> tuple[list[Line], list[Line], list[Line]]:
    """Read the openings, the prose and the defined names of a module, each with its line."""
    comments = [
        (token.start[0], token.string)
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
    docstrings: list[Line] = []
    strings: list[Line] = []
    names: list[Line] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(ast.Constant(str(text))):
                docstrings.append((node.lineno, text))
            case ast.Constant(str(text)) if " " in text.strip() and text not in DATA:
                strings.append((node.lineno, text))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.append((node.lineno, node.name))
            case ast.arg():
                names.append((node.lineno, node.arg))
            case ast.Name(ctx=ast.Store()):
                names.append((node.lineno, node.id))
            case _:
                pass
    openings = [*docstrings, *first_lines(comments)]
    documented = set(docstrings)
    messages = [each for each in strings if has_messages and each not in documented]
    return openings, [*docstrings, *comments, *messages], names


def of_page(source: str) -> tuple[list[Line], list[Line], list[Line]]:
    """Read the headings and the prose of a page, without blocks of code."""
    lines: list[Line] = []
    is_code = False
    for number, line in enumerate(source.splitlines(), start=1):
        if line.strip().startswith("```"):
            is_code = not is_code
        elif not is_code:
            lines.append((number, line))
    return [(number, line) for number, line in lines if line.startswith("#")], lines, []


def of_script(source: str) -> list[Line]:
    """Read the comments of a script or a configuration file that have lines of their own."""
    lines = enumerate(source.splitlines(), start=1)
    return [(number, line.strip()) for number, line in lines if re.match(r"\s*#(?!!)", line)]


def first_lines(comments: list[Line]) -> list[Line]:
    """Select the comments that do not continue one of the line before."""
    lines = {line for line, _ in comments}
    return [(line, text) for line, text in comments if line - 1 not in lines]

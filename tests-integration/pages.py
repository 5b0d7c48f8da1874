"""Runs the Python blocks of a Markdown page and compares what they print with what the page says.

    python pages.py docs/how-to/streaming.md

What a block prints stands in comments, below the line or beside it; all of it has to be there:

    print(1 + 1)  # => 2
    print("a\\nb")
    # => a
    # => b

Within such a comment `...` stands for any text, alone on its line for any lines. The blocks of a
page run in order, in one namespace; `await` is allowed at top level. A block inside an HTML comment
runs unseen: use it for what a reader has and the tests do not. A block opened with
"```python no-run" is left alone.
"""

import ast
import asyncio
import inspect
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

FENCE = re.compile(r"( *)(`{3,})(\w*)(.*)")


class Block(NamedTuple):
    """A fenced Python block: the number of its first line in the page, and its text."""

    line: int
    source: str


def check(page: Path) -> None:
    """Run a page.

    Raises:
        SystemExit: A block prints something else than it states.
        Exception: Whatever a block raises; its traceback shows the lines of the page.
    """
    module = sys.modules["__main__"] = ModuleType("__main__")
    for block in blocks(page.read_text("utf-8")):
        printed = run(block, page, module)
        stated = expected_output(block.source)
        if not matches(printed, stated):
            sys.exit(f"{page}:{block.line} prints\n\n{printed}\nbut states\n\n{stated}\n")


def blocks(text: str) -> Iterator[Block]:
    """Find the Python blocks that are to be run."""
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
    """Run a block in the namespace of a module, and return what it printed."""
    padded = "\n" * (block.line - 1) + block.source  # so that tracebacks show the page's lines
    code = compile(padded, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    printed = io.StringIO()
    with redirect_stdout(printed):
        result = eval(code, vars(module))
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(result)
    return printed.getvalue()


def expected_output(source: str) -> str:
    """Read the output that a block states."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return "\n".join(
        comment.removeprefix("# =>").removeprefix(" ")
        for comment in comments
        if comment.startswith("# =>")
    )


def matches(printed: str, stated: str) -> bool:
    """Compare whole outputs, `...` standing for anything."""
    pattern = "\n".join(
        r"(?s:.*)" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*")
        for line in stated.splitlines()
    )
    return re.fullmatch(pattern, printed.removesuffix("\n")) is not None


if __name__ == "__main__":
    check(Path(sys.argv[1]))

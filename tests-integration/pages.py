"""Runs the Python blocks of a Markdown page and compares what they print with what the page states.

    python pages.py docs/how-to/streaming.md

With "-" instead of a page, it runs each page that the standard input names in a fork of itself,
which is as fresh as a new process, and does not import the packages again.

The blocks run as a reader would paste them: in order, in one namespace, with nothing that the page
does not show. Only the environment is prepared. Each provider has a key and the address of a
simulator, and the files that the page links to in its own folder are in the working directory.

What a block prints stands in comments, below the line or beside it; all of it has to be there:

    print(1 + 1)  # => 2
    print("a\\nb")
    # => a
    # => b

Within such a comment `...` stands for any text, alone on its line for any lines. `await` is allowed
at top level. A block behind the comment `<!-- no-run -->` is compiled only, and one behind
`<!-- test -->` is a test file, which pytest runs. Both are comments, since the site does not accept
words behind the name of the language.

The simulator repeats the question, unless a comment in front of a block has responses, one in a
line, as JSON: a text, an object with the name of a tool and its arguments, a list of these, or an
object with an error.

    <!-- responses
    "The sky is blue."
    {"weather": {"city": "Oslo"}}
    {"error": "rate_limited"}
    -->

Likewise, a comment that begins with "input" has the lines that the next block reads with `input()`.
"""

import ast
import asyncio
import inspect
import io
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tokenize
from collections.abc import Iterator, Mapping
from contextlib import chdir, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, NamedTuple

from chatmodels.core import ErrorCode, ToolCall
from chatmodels.testing import Simulator
from family import FAMILY

OPENING = re.compile(r"( *)(`{3,})(\w*)|<!-- (responses|input)$")
OPTION = re.compile(r" *<!-- (no-run|test) -->")
CHAT_PAGES = (
    "providers/openai.md",
    "how-to/network.md",
    "how-to/files-images-and-audio.md",
    "how-to/record-and-replay.md",
    "chatmodels-testing/README.md",
)
"""Pages with OpenAI's chat completions: of other models, behind a gateway, or recorded."""
LINKED = re.compile(r"\]\(([\w-]+\.(?!md\b)\w+)\)")


class Block(NamedTuple):
    """A fenced block, responses of the simulator, or lines of input.

    `line` is the number of its first line in the page, `option` is "no-run", "test" or None.
    """

    line: int
    source: str
    language: str = "python"
    option: str | None = None


def check(page: Path) -> None:
    """Run a page.

    Raises:
        SystemExit: A block prints something else than it states.
        Exception: A block raises it; its traceback shows the lines of the page.
    """
    text = page.read_text("utf-8")
    for name in LINKED.findall(text):
        shutil.copy(page.parent / name, name)
    module = sys.modules["__main__"] = ModuleType("__main__")
    with Simulator() as simulator, TemporaryDirectory() as folder:
        os.environ |= environment(simulator, Path(folder), page)
        for block in blocks(text):
            if block.language == "responses":
                simulator.queue(*(reply(json.loads(line)) for line in block.source.splitlines()))
            elif block.language == "input":
                sys.stdin = io.StringIO(block.source)
            elif block.language == "python":
                printed = run(block, page, module)
                stated = expected_output(block.source)
                if not matches(printed, stated):
                    sys.exit(f"{page}:{block.line} prints\n\n{printed}\nbut states\n\n{stated}\n")


def environment(simulator: Simulator, folder: Path, page: Path) -> Mapping[str, str]:
    """Return environment variables that connect all providers to a simulator.

    At OpenAI's own address, models that reason use the Responses API by default, and do so here.
    """
    config = folder / "chatmodels.toml"  # many vendors have no variable for the address
    addresses = dict.fromkeys(FAMILY, simulator.base_url)
    addresses["mistral"] = f"{simulator.url}/mistral/v1"
    tables = [f'[providers.{name}]\nbase_url = "{url}"\n' for name, url in addresses.items()]
    if not page.as_posix().endswith(CHAT_PAGES):
        tables.append('[providers.openai]\napi = "responses"\n')
    config.write_text("".join(tables), "utf-8")
    vendors = "ANTHROPIC", "AZURE_OPENAI", "CO", "GEMINI", "MISTRAL", "OPENAI", "OPENAI_COMPATIBLE"
    keys = [f"{name}_API_KEY" for name in vendors]
    keys += [key for found in FAMILY.values() for key in found.metadata.options[0].env]
    return dict.fromkeys(keys, "sk-documentation") | {
        "ANTHROPIC_BASE_URL": simulator.base_url,
        "AWS_BEARER_TOKEN_BEDROCK": "documentation",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": simulator.url,
        "AZURE_OPENAI_ENDPOINT": simulator.url,
        "CHATMODELS_CONFIG": str(config),
        "CO_API_URL": simulator.url,
        "OPENAI_COMPATIBLE_BASE_URL": simulator.base_url,
        "GOOGLE_GEMINI_BASE_URL": simulator.base_url,
        "OLLAMA_HOST": simulator.url,
        "OPENAI_BASE_URL": simulator.base_url,
    }


CALLS = itertools.count(1)


def reply(value: Any) -> Any:
    """Return the response of the simulator that stands for a value of JSON."""
    if isinstance(value, list):
        return tuple(map(reply, value))
    if isinstance(value, str):
        return value
    ((name, content),) = value.items()
    if name == "error":
        return ErrorCode(content)
    return ToolCall(f"call_{next(CALLS)}", name, json.dumps(content))


def blocks(text: str) -> Iterator[Block]:
    """Find the blocks of a page, in order."""
    lines = iter(enumerate(text.splitlines(keepends=True), start=1))
    option: str | None = None
    for number, line in lines:
        if choice := OPTION.match(line):
            option = choice[1]
        opening = OPENING.match(line)
        if opening is None:
            continue
        indent, ticks, language, comment = opening.groups(default="")
        body: list[str] = []
        for _, inner in lines:
            if inner.strip() == (ticks or "-->"):
                break
            body.append(inner.removeprefix(indent))
        yield Block(number + 1, "".join(body), language or comment, option)
        option = None


def run(block: Block, page: Path, module: ModuleType) -> str:
    """Run a block in the namespace of a module, and return what it printed."""
    padded = "\n" * (block.line - 1) + block.source  # so that tracebacks show the page's lines
    code = compile(padded, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    printed = io.StringIO()
    if block.option == "test":
        run_tests(block, page)
    if block.option is not None:
        return expected_output(block.source)
    with redirect_stdout(printed):
        result = eval(code, vars(module))
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(result)
    return printed.getvalue()


def run_tests(block: Block, page: Path) -> None:
    """Run a block as a test file.

    Raises:
        SystemExit: A test fails.
    """
    Path("test_page.py").write_text(block.source, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "test_page.py"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"{page}:{block.line} fails\n\n{result.stdout}")


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
    """Compare whole outputs without spaces at the ends of lines; `...` stands for anything."""
    lines = [line.rstrip() for line in printed.splitlines()]
    pattern = "\n".join(
        r"(?s:.*)" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*")
        for line in stated.splitlines()
    )
    return re.fullmatch(pattern, "\n".join(lines)) is not None


def requested() -> Path | None:
    """Return in each fork the page that it runs, and None in the process that reads the requests.

    A request is a line of JSON with the page, and the file for what is printed. The response is a
    line with the exit code.
    """
    for line in sys.stdin:
        page, output = json.loads(line)
        child = os.fork()
        if not child:
            signal.alarm(300)  # seconds; it ends a page that hangs
            for source, descriptor in ((os.devnull, 0), (output, 1), (output, 2)):
                os.dup2(os.open(source, os.O_RDWR | os.O_APPEND | os.O_CREAT), descriptor)
            return Path(page)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()
    return None


if __name__ == "__main__":
    path = requested() if sys.argv[1] == "-" else Path(sys.argv[1]).absolute()
    # Pages write files. Those that are still open cannot be removed on Windows.
    with TemporaryDirectory(ignore_cleanup_errors=True) as working, chdir(working):
        if path is not None:
            check(path)

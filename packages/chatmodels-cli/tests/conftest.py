"""The command line as a person uses it: in process, in a subprocess, and in a terminal."""

import io
import os
import selectors
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pyte
import pytest

from chatmodels.cli import main
from chatmodels.core import list_providers
from chatmodels.core.extending import provider

Env = dict[str, str]

# A session leader that opens a terminal is controlled by it, so that Ctrl-C reaches it.
IN_TERMINAL = (
    "import os; os.close(os.open(os.ttyname(0), os.O_RDWR)); "
    "from chatmodels.cli import main; main()"
)


class Result(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the variables of the machine that change what the command prints."""
    names = {
        name
        for each in list_providers()
        for option in provider(each).metadata.options
        for name in option.env
    }
    for name in (*names, "NO_COLOR", "FORCE_COLOR", "CHATMODELS_CONFIG", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONUTF8", "1")


class Interactive(io.TextIOWrapper):
    """A standard input that a person types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a command line in this process."""

    def run(*arguments: object, stdin: bytes = b"", interactive: bool = False) -> Result:
        kind = Interactive if interactive else io.TextIOWrapper
        monkeypatch.setattr(sys, "stdin", kind(io.BytesIO(stdin)))
        # In a thread, because coverage loses the frames below an event loop that makes requests.
        with ThreadPoolExecutor(1) as thread, pytest.raises(SystemExit) as ended:
            thread.submit(main, [str(argument) for argument in arguments]).result()
        return Result(ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def spawn() -> Run:
    """Return a function that runs a command line in a process of its own."""

    def spawn(*arguments: object, stdin: bytes = b"", env: Env | None = None) -> Result:
        command = [sys.executable, "-m", "chatmodels.cli", *map(str, arguments)]
        done = subprocess.run(
            command, input=stdin, capture_output=True, env=os.environ | (env or {}), check=False
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    return spawn


class Terminal:
    """A pseudo-terminal with a process in it, and the screen that a person would see."""

    def __init__(self, *arguments: object, env: Env, columns: int = 100, rows: int = 40) -> None:
        import pty
        import termios

        self._master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (rows, columns))
        self._screen = pyte.HistoryScreen(columns, rows, history=1000)
        self._stream = pyte.ByteStream(self._screen)
        self._readable = selectors.DefaultSelector()
        self._readable.register(self._master, selectors.EVENT_READ)
        self.raw = b""
        self._sent = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", IN_TERMINAL, *map(str, arguments)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env=os.environ | {"TERM": "xterm-256color"} | env,
        )
        os.close(slave)

    @property
    def text(self) -> str:
        """The lines on the screen and above it, without trailing spaces."""
        above = [
            "".join(line[column].data for column in range(self._screen.columns))
            for line in self._screen.history.top
        ]
        return "\n".join(line.rstrip() for line in (*above, *self._screen.display)).rstrip()

    def wait_for(self, text: str) -> str:
        """Read until the screen contains a text."""
        while text not in self.text:
            assert self._read(), f"{text!r} is not on the screen:\n{self.text}"
        return self.text

    def wait_for_prompt(self) -> None:
        """Read until a line can be typed: what is sent before can be lost, as the mode changes."""
        while not f"\n{self.text}".endswith("\n>"):
            assert self._read(), f"there is no prompt:\n{self.text}"

    def send(self, text: str) -> None:
        self._sent = text
        os.write(self._master, text.encode())

    def end(self) -> int:
        """Read until the process ends; return its exit code."""
        while self._read():
            pass
        return self.process.wait()

    def close(self) -> None:
        self._readable.close()
        os.close(self._master)  # which ends a process that still runs
        self.process.wait()

    def _read(self) -> bool:
        # A signal that comes right before a system call waits is seen with the next one only.
        while self._sent == "\x03" and not self._readable.select(10):
            os.write(self._master, b"\x03")  # pragma: no cover - rare
        try:
            data = os.read(self._master, 65536)
        except OSError:  # Linux, when the last process has closed the terminal
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Return a function that starts a command line in a terminal."""
    pytest.importorskip("termios")
    terminals: list[Terminal] = []

    def start(*arguments: object, env: Env | None = None, **size: int) -> Terminal:
        terminals.append(Terminal(*arguments, env=env or {}, **size))
        return terminals[-1]

    yield start
    for each in terminals:
        each.close()

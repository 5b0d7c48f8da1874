"""Writes the pictures of the guide "The command line": `./run pictures`.

The commands run in a pseudo-terminal, against the simulator. Look at the pictures before you commit
them.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from itertools import groupby
from tempfile import TemporaryDirectory

import pyte
import workspace
from rich.console import Console
from rich.style import Style
from rich.text import Text

from chatmodels.testing import Simulator

ASSETS = workspace.ROOT / "docs" / "assets"
COLUMNS, ROWS = 110, 60
QUESTION = "Why does the sea rise and fall?"
LONG = """## Tides

The **moon** pulls the water of the oceans, and the sun helps:

1. The side that faces the moon rises.
2. So does the opposite side, because the earth itself is pulled more than that water.

> Most coasts therefore have *two* high tides a day.
"""
SHORT = """The gravity of the **moon** raises two bulges of water. The earth turns below them:

- high tide about every 12 h 25 min
- spring tides at full and new moon
"""


def main() -> None:
    with Simulator(latency=0.05, pace=0.004) as simulator, TemporaryDirectory() as folder:
        environment = {
            "OPENAI_API_KEY": "sk-any",
            "ANTHROPIC_API_KEY": "sk-any",
            "OPENAI_BASE_URL": simulator.base_url,
            "ANTHROPIC_BASE_URL": simulator.url,
            "CHATMODELS_HISTORY": f"{folder}/chats.sqlite",
            "TERM": "xterm-256color",
        }
        simulator.queue(LONG)
        draw("chat", environment, "chat openai:gpt-6.1-terra", QUESTION, "/model mock:echo", "Bye")
        simulator.queue(LONG, SHORT)
        draw(
            "compare",
            environment,
            f'compare openai:gpt-6.1-terra anthropic:claude-sonnet-5 "{QUESTION}"',
        )
        draw("bench", environment, "bench openai:gpt-6.1-terra --concurrency 1,8 --requests 60")
        others = dict.fromkeys(("ANTHROPIC_API_KEY", "SSL_CERT_FILE", "SSL_CERT_DIR"), "")
        draw("doctor", environment | others, "doctor openai anthropic")


def draw(name: str, environment: Mapping[str, str], command: str, *lines: str) -> None:
    """Run a command with lines of input, and write its screen as a picture."""
    shown = Text.assemble(("$ ", "green"), f"chatmodels {command}\n")
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    console.print(shown.append_text(Text("\n").join(screen(environment, command, *lines))))
    svg = console.export_svg(title="chatmodels")
    # no fonts of other sites
    svg = svg.replace(sys.prefix, "/home/you/.venv")
    svg = re.sub(r"@font-face\s*{[^}]*}\s*", "", svg).replace("Fira Code", "monospace")
    (ASSETS / f"command-line-{name}.svg").write_text(svg, "utf-8", newline="\n")
    print(f"docs/assets/command-line-{name}.svg")


def screen(environment: Mapping[str, str], command: str, *lines: str) -> list[Text]:
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (ROWS, COLUMNS))
    display = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(display)
    process = subprocess.Popen(
        ["sh", "-c", f'exec "{sys.executable}" -m chatmodels.cli {command}'],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=os.environ | dict(environment),
    )
    os.close(slave)
    pending = [*lines, "\x04"] if lines else []
    for data in iter(lambda: read(master), b""):
        stream.feed(data)
        if pending and display.display[display.cursor.y].startswith("> ") and display.cursor.x == 2:
            time.sleep(0.2)
            line = pending.pop(0)
            os.write(master, line.encode() if line == "\x04" else f"{line}\n".encode())
    process.wait()
    os.close(master)
    rows = [row(display, number) for number in range(ROWS)]
    while rows and not rows[-1].plain.strip():
        rows.pop()
    return rows


def read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:  # the process has ended
        return b""


def row(display: pyte.Screen, number: int) -> Text:
    return Text.assemble(*spans(display, number))


def spans(display: pyte.Screen, number: int) -> Iterator[tuple[str, Style]]:
    cells = (display.buffer[number][column] for column in range(COLUMNS))
    for style, group in groupby(cells, style_of):
        yield "".join(cell.data for cell in group), style


def style_of(cell: pyte.screens.Char) -> Style:
    return Style(
        color=color(cell.fg),
        bgcolor=color(cell.bg),
        bold=cell.bold,
        italic=cell.italics,
        underline=cell.underscore,
        reverse=cell.reverse,
    )


def color(name: str) -> str | None:
    if name == "default":
        return None
    if re.fullmatch("[0-9a-f]{6}", name):
        return f"#{name}"
    return name.replace("bright", "bright_").replace("brown", "yellow")


if __name__ == "__main__":
    main()

"""A call, an event and the first call of a program with other libraries, each in its environment.

Each library is installed from PyPI, the newest release, into `.hatch/peers`. The libraries take
turns, and the best turn of each counts. The columns are CPU time: of an async call, of an event of
an async stream in a burst, and of a whole program that makes one call, with its peak memory. If
valgrind is installed, the instructions of a call and an event are counted as well. Anthropic's
client is compared with the provider of Anthropic, the others with that of OpenAI.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.instructions import counted
from benchmarks.measuring import server
from benchmarks.peer_calls import UNITS

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".hatch" / "peers"
SCRIPT = Path(__file__).with_name("peer_calls.py")
CLAUDE = ("core", "http", "resilience", "provider-anthropic")
OURS = ("core", "http", "resilience", "openai-compatible", "provider-openai")
PEERS = {
    "chatmodels": [str(ROOT / "packages" / f"chatmodels-{name}") for name in OURS],
    "chatmodels_anthropic": [str(ROOT / "packages" / f"chatmodels-{name}") for name in CLAUDE],
    "httpx2": ["httpx2"],
    "aiohttp": ["aiohttp"],
    "pyreqwest": ["pyreqwest"],
    "openai": ["openai"],
    "anthropic": ["anthropic"],
    "any_llm": ["any-llm-sdk[openai]"],
    "pydantic_ai": ["pydantic-ai-slim[openai]"],
    "langchain": ["langchain-openai"],
    "litellm": ["litellm"],
}
TURNS = 2

Figures = dict[str, float]


def main() -> None:
    figures: dict[str, Figures] = {name: {} for name in PEERS if install(name)}
    with server() as url:
        for _ in range(TURNS):
            for name, found in figures.items():
                for label, value in measure(name, url):
                    found[label] = min(value, found.get(label, value))
                print(f"  {name}: {json.dumps(found)}", file=sys.stderr)
        if shutil.which("valgrind") is not None:
            for name, found in figures.items():
                for work, units in UNITS.items():
                    (number,) = counted([*program(name, url), work], environment(), 1)
                    found[f"{work} counted"] = number // units
    print(f"  {'':<12}{'call':>12}{'event':>12}{'first call':>12}{'peak':>10}  ratio to chatmodels")
    for name, found in figures.items():
        cells = f"{found['calls']:>9.0f} us{found['events']:>9.1f} us{found['once']:>9.0f} ms"
        ours = figures["chatmodels_anthropic" if "anthropic" in name else "chatmodels"]
        compared = [work for work in found if work != "peak"]
        ratios = ", ".join(f"{work} {found[work] / ours[work]:.2f}" for work in compared)
        print(f"  {name:<12}{cells}{found['peak']:>7.1f} MB  {ratios}")
    print(json.dumps(figures))


def install(name: str, *packages: str) -> bool:
    """Install a library; report whether that worked, since a release can lack a wheel.

    Args:
        name: The name of its environment.
        packages: The packages; by default those of the library in `PEERS`.
    """
    uv = (
        os.environ.get("HATCH_ENV_TYPE_VIRTUAL_UV_PATH")
        or shutil.which("uv")
        or str(ROOT / ".hatch/bin/uv")
    )
    home = FOLDER / name
    # By the version alone, a package of this folder would count as installed.
    renew = "--reinstall" if name.startswith("chatmodels") else "--upgrade"
    commands = (
        [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(home)],
        [uv, "pip", "install", "--quiet", renew, "--python", str(home), *(packages or PEERS[name])],
    )
    for command in commands:
        if subprocess.run(command, check=False).returncode:
            print(f"  {name} cannot be installed")
            return False
    return True


def python_of(name: str) -> str:
    """Return the interpreter of a library's environment."""
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    return str(FOLDER / name / scripts / "python")


def program(name: str, url: str) -> list[str]:
    return [python_of(name), "-W", "ignore", str(SCRIPT), name, url]


def environment() -> dict[str, str]:
    """Return the variables of a program: compiled files are used, and hashes are the same."""
    given = {name: os.environ[name] for name in os.environ.keys() - {"PYTHONDONTWRITEBYTECODE"}}
    return given | {"PYTHONHASHSEED": "0"}


def measure(name: str, url: str) -> Iterator[tuple[str, float]]:
    for work in ("calls", "events"):
        done = subprocess.run(
            [*program(name, url), work],
            capture_output=True,
            text=True,
            check=True,
            env=environment(),
        )
        yield work, float(done.stdout)
    process = subprocess.Popen(
        [*program(name, url), "once"], env=environment(), stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, f"{name} failed"
    yield "once", (used.ru_utime + used.ru_stime) * 1000
    yield "peak", used.ru_maxrss / 1024

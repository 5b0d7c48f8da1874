"""Imports and the first call of a program, each library in its own environment: `bench starts`.

Each program runs in turns with the others. The columns are instructions counted by valgrind, CPU
time and peak memory, all with the start of Python, which `python -c pass` takes alone.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import server
from benchmarks.peers import environment, install, python_of

TURNS = 5
IMPORT_ONLY = {
    "python -c pass": ("chatmodels", "pass"),
    "import chatmodels.core": ("chatmodels", "import chatmodels.core"),
    "its names for a program": (
        "chatmodels",
        "from chatmodels.core import create_chat_model, tool, user",
    ),
    "import httpx": ("httpx", "import httpx"),
}
OURS = """
from chatmodels.core import create_chat_model
create_chat_model("openai:gpt-6.1-terra", api_key="key", base_url=URL).generate("Hi")
"""
OURS_ASYNC = """
import asyncio
from chatmodels.core import create_chat_model
model = create_chat_model("openai:gpt-6.1-terra", api_key="key", base_url=URL)
asyncio.run(model.agenerate("Hi"))
"""
MESSAGES = "MESSAGES = [{'role': 'user', 'content': 'Hi'}]"
HTTPX2 = f"""
import httpx2
{MESSAGES}
url, body = URL + "/chat/completions", {{"model": "m", "messages": MESSAGES}}
httpx2.post(url, json=body, headers={{"authorization": "Bearer key"}}).json()
"""
HTTPX2_ASYNC = f"""
import asyncio, httpx2
{MESSAGES}
url, body = URL + "/chat/completions", {{"model": "m", "messages": MESSAGES}}
async def main():
    async with httpx2.AsyncClient(headers={{"authorization": "Bearer key"}}) as client:
        (await client.post(url, json=body)).json()
asyncio.run(main())
"""
SDK = f"""
from openai import OpenAI
{MESSAGES}
OpenAI(api_key="key", base_url=URL).chat.completions.create(model="m", messages=MESSAGES)
"""
SDK_ASYNC = f"""
import asyncio
from openai import AsyncOpenAI
{MESSAGES}
async def main():
    async with AsyncOpenAI(api_key="key", base_url=URL) as client:
        await client.chat.completions.create(model="m", messages=MESSAGES)
asyncio.run(main())
"""
PROGRAMS = IMPORT_ONLY | {
    "a sync call, chatmodels": ("chatmodels", OURS),
    "a sync call, httpx2": ("httpx2", HTTPX2),
    "a sync call, openai": ("openai", SDK),
    "an async call, chatmodels": ("chatmodels", OURS_ASYNC),
    "an async call, httpx2": ("httpx2", HTTPX2_ASYNC),
    "an async call, openai": ("openai", SDK_ASYNC),
}
"""By its label, the environment and the program, which has the base URL as `URL`."""

COMPARED = {
    "import chatmodels.core": ("import httpx",),
    "its names for a program": ("import httpx",),
    "a sync call, chatmodels": ("a sync call, httpx2", "a sync call, openai"),
    "an async call, chatmodels": ("an async call, httpx2", "an async call, openai"),
}


def main() -> None:
    packages = {"httpx": ("httpx",)}
    names = {name for name, _ in PROGRAMS.values()}
    missing = {name for name in names if not install(name, *packages.get(name, ()))}
    programs = {label: each for label, each in PROGRAMS.items() if each[0] not in missing}
    seconds = dict.fromkeys(programs, float("inf"))
    with server() as url:
        for _ in range(TURNS + 1):  # the first turn writes the compiled files
            for label, (name, source) in programs.items():
                used = run(name, source, url)
                seconds[label] = min(seconds[label], used.ru_utime + used.ru_stime)
        peaks = {label: peak(*each, url) for label, each in programs.items()}
        counts = {label: counted(*each, url) for label, each in programs.items()}
    print(f"  {'':<28}{'instructions':>14}{'CPU time':>12}{'peak':>11}")
    for label in programs:
        million = f"{counts[label] / 1e6:,.0f} M" if counts[label] else "-"
        print(f"  {label:<28}{million:>14}{seconds[label] * 1e3:>9.0f} ms{peaks[label]:>8.1f} MB")
    start = "python -c pass"
    for ours, others in COMPARED.items():
        for other in (each for each in others if each in programs):
            for unit, figures in (("instructions", counts), ("CPU time", seconds)):
                if figures[other]:
                    ratio = figures[ours] / figures[other]
                    alone = (figures[ours] - figures[start]) / (figures[other] - figures[start])
                    note = f"{ratio:.2f}, without the start of Python {alone:.2f}"
                    print(f"  {ours} to {other}, {unit}: {note}")


def run(name: str, source: str, url: str) -> resource.struct_rusage:
    command = [python_of(name), "-c", f"URL = {url!r}\n{source}"]
    process = subprocess.Popen(command, env=environment())
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, f"{name} failed"
    return used


def peak(name: str, source: str, url: str) -> float:
    """Return the peak memory of a program in MB; 0 if the system is not Linux."""
    if sys.platform != "linux":
        return 0.0
    # To the parent, the system reports at least the memory of the parent itself.
    source = f"URL = {url!r}\n{source}\nprint(open('/proc/self/status').read())"
    command = [python_of(name), "-c", source]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    return int(done.stdout.rpartition("VmHWM:")[2].split()[0]) / 1024


def counted(name: str, source: str, url: str) -> int:
    """Count the instructions of a program; 0 without valgrind."""
    if shutil.which("valgrind") is None:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
        command += [python_of(name), "-c", f"URL = {url!r}\n{source}"]
        subprocess.run(command, capture_output=True, check=True, env=environment())
        return int(out.read_text().rpartition("summary: ")[2].split()[0])


if __name__ == "__main__":
    sys.exit(main())

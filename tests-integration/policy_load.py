"""Makes many calls and streams through nine policies, with faults, and counts everything.

    ./run python tests-integration/policy_load.py --calls 5000 --at-once 5000
    ./run python tests-integration/policy_load.py --calls 200000 --at-once 50

The server plays a fault to the first request of most prompts. Each call has to end as its kind
requires, the server has to receive exactly the expected requests, and nothing may be left. From
10,000 calls on, the memory must not grow after the first fifth of them.
"""

import argparse
import asyncio
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatmodels.core import ChatModelError, ErrorCode
from chatmodels.testing import WIRE_FAULTS, Expected, FaultServer, WireFault
from policies.stack import MUCH, SECONDS, Stack
from vendors import model_of

FAULTS = {
    "retried": "503-page",
    "reset": "reset-in-headers",
    "replaced": "403-page",
    "broken": "no-terminal-event",
}
"""The faults that the first request of a prompt meets, by its kind: the first word."""

REQUESTS = {"plain": 1, "retried": 2, "reset": 2, "replaced": 2, "broken": 1, "left": 1}
"""The number of attempts, and of requests, by kind."""

COUNTED = (
    "plain call",
    "plain stream",
    "retried call",
    "retried stream",
    "reset call",
    "reset stream",
    "replaced call",
    "replaced stream",
    "broken stream",
    "left stream",
    "same call",
)
"""The kinds and forms of calls, which alternate. "same" is always the same request."""

ALL = (*COUNTED, "cancelled call", "cancelled stream")
"""Those, and calls that are cancelled after a number of steps."""

SOAK = 10_000
"""The number of calls from which on the memory must not grow."""

GROWTH = 20.0
"""Megabytes by which the memory may grow, since the interpreter does not return all of it."""


class Ledger:
    """The script of the server: counts requests by kind, and plays each fault once per prompt."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self._met: set[str] = set()

    def __call__(self, correct: Any) -> Sequence[Any]:
        prompt = correct.parsed.text
        kind = prompt.partition(" ")[0]
        self.requests[kind] += 1
        if kind not in FAULTS or prompt in self._met:
            self._met.discard(prompt)
            return (correct.message().data(),)
        if kind != "broken":  # which is not repeated
            self._met.add(prompt)
        return WIRE_FAULTS[FAULTS[kind]].script(correct)


class Load:
    """Calls through a stack of policies, and everything that is wrong with them.

    Args:
        server: The server.
        places: The number of calls that the stack lets through at once.
    """

    def __init__(self, server: FaultServer, places: int) -> None:
        self.ledger = Ledger()
        server.fault = WireFault("load", "plays the ledger", self.ledger, Expected(success=True))
        backup = model_of("anthropic", server, timeout=SECONDS)
        self.stack = Stack(backup, places=places, failures=MUCH)
        self.model = self.stack.around(model_of("openai", server, timeout=SECONDS))
        self.started: Counter[str] = Counter()
        self.results: Counter[tuple[str, object]] = Counter()
        self.tokens = 0

    async def make(self, calls: int, at_once: int, kinds: Sequence[str]) -> None:
        """Make calls of alternating kinds, a number of them at the same time."""
        turns = iter(range(calls))

        async def work() -> None:
            for turn in turns:
                kind, _, form = kinds[turn % len(kinds)].partition(" ")
                prompt = "same" if kind == "same" else f"{kind} {self.started.total()}"
                self.started[kind] += 1
                task = asyncio.ensure_future(self._result(kind, prompt, form))
                if kind == "cancelled":
                    for _ in range(turn % 41):
                        await asyncio.sleep(0)
                    task.cancel()
                await asyncio.wait([task])
                self.results[kind, "cancelled" if task.cancelled() else task.result()] += 1

        async with asyncio.TaskGroup() as tasks:
            for _ in range(at_once):
                tasks.create_task(work())

    async def _result(self, kind: str, prompt: str, form: str) -> object:
        """Make a call; return its text without the prompt, or its code, and its attempts."""
        response: Any
        try:
            if kind == "left":
                async with self.model.astream(prompt) as stream:
                    await anext(stream)
                response = stream.partial
                return ("left", 1, 0)
            if form == "call":
                response = await self.model.agenerate(prompt)
            else:
                response = await self.model.astream(prompt).collect()
            attempts = response.timing.attempts
            result = response.text.replace(prompt, "..."), attempts, len(response.failed_attempts)
        except ChatModelError as error:
            response = error.partial
            result = error.code.value, len(error.failed_attempts), len(error.failed_attempts)
        if kind != "replaced":  # whose tokens are another model's
            self.tokens += response.usage.total_tokens or 0
        return result

    def problems(self) -> list[str]:
        """Return what is wrong after all calls."""
        found: list[str] = []
        for (kind, result), times in self.results.items():
            if result not in _expected(kind):
                found.append(f"{kind}: {times} times {result}")
        received = self.ledger.requests
        requests = {kind: REQUESTS[kind] * self.started[kind] for kind in REQUESTS}
        requests["same"] = min(self.started["same"], 1)
        for kind, count in requests.items():
            if received[kind] != count:
                found.append(f"{kind}: {received[kind]} requests, not {count}")
        cache, budget = self.stack.cache, self.stack.budget
        hits = self.started["same"] - requests["same"]
        if cache.hits != hits:
            found.append(f"the cache: {cache.hits} hits, not {hits}")
        # A cancelled call can have used tokens of which its caller does not know.
        unknown = 10 * self.results["cancelled", "cancelled"]
        if not self.tokens <= budget.used <= self.tokens + unknown:
            found.append(f"the budget: {budget.used} tokens, not {self.tokens}")
        return [*found, *(f"{name}: {held}" for name, held in self.stack.held().items())]


def _expected(kind: str) -> set[object]:
    right = "You said: ..."
    match kind:
        case "broken":
            return {(ErrorCode.STREAM_INTERRUPTED.value, 1, 1)}
        case "left":
            return {("left", 1, 0)}
        case "same":
            return {(right, 1, 0), (right, 0, 0)}
        case "cancelled":
            return {(right, 1, 0), "cancelled"}
        case _:
            return {(right, REQUESTS[kind], REQUESTS[kind] - 1)}


def resident() -> float:
    """Return the memory of the process in megabytes; 0 if the system does not report it."""
    path = Path("/proc/self/statm")
    pages = int(path.read_text().split()[1]) if path.exists() else 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6 if pages else 0.0


def open_files() -> int:
    """Return the number of open files and connections; 0 if the system does not report it."""
    path = Path("/dev/fd")
    return len(list(path.iterdir())) if path.exists() else 0


def main(arguments: Sequence[str] | None = None) -> str | None:
    """Make the calls that the arguments choose, and return what failed."""
    parser = argparse.ArgumentParser(description="Make many calls through nine policies.")
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument("--at-once", type=int, default=5_000)
    parser.add_argument("--places", type=int, default=500)
    chosen = parser.parse_args(arguments)
    with FaultServer() as server:
        problems = asyncio.run(_make(Load(server, chosen.places), chosen.calls, chosen.at_once))
    return "; ".join(problems) or None


async def _make(load: Load, calls: int, at_once: int) -> list[str]:
    parts = 5 if calls >= SOAK else 1
    memory: list[float] = []
    started = time.process_time()
    for _ in range(parts):
        await load.make(calls // parts, at_once, ALL)
        memory.append(resident())
        seconds = time.process_time() - started
        print(  # noqa: T201 - its purpose
            f"{load.started.total():,} calls, {load.ledger.requests.total():,} requests: "
            f"{memory[-1]:.1f} MB, {open_files()} files, {seconds:.0f} s of CPU time",
            flush=True,
        )
    for (kind, result), times in sorted(load.results.items(), key=str):
        print(f"  {kind}: {times:,} times {result}")  # noqa: T201
    growth = memory[-1] - memory[0]
    print(f"growth after the first part: {growth:.1f} MB")  # noqa: T201
    problems = load.problems()
    if growth > GROWTH:
        problems.append(f"the memory grew by {growth:.1f} MB")
    if left := len(asyncio.all_tasks()) - 1:
        problems.append(f"{left} tasks are left")
    return problems


if __name__ == "__main__":
    logging.getLogger("chatmodels").setLevel(logging.CRITICAL)  # each fault is a warning
    sys.exit(main())

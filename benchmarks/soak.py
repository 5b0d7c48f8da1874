"""50,000 calls, streams and cancellations on one pool: memory, files and counts.

Every second cancelled task is cancelled again during its cleanup. All other calls must return the
right response. It runs only on Linux, because it reads /proc.
"""

import asyncio
import os
import random
import sys
from collections import Counter
from pathlib import Path

from benchmarks.measuring import row, simulator
from chatmodels.core import ChatModel, create_chat_model

OPERATIONS = int(os.environ.get("CHATMODELS_SOAK", "50000"))
CONCURRENCY = 50
REPORTS = 5
REPLY = "one two three four five"


def main() -> None:
    if sys.platform != "linux":
        sys.exit("the soak test counts memory and files in /proc, which only Linux has")
    with simulator("--reply", REPLY) as base_url:
        model = create_chat_model(
            "openai:gpt-6.1-terra", api_key="key", base_url=base_url, max_retries=0
        )
        asyncio.run(soak(model))


async def soak(model: ChatModel) -> None:
    counts: Counter[str] = Counter()
    turns = iter(range(OPERATIONS))
    chance = random.Random(1)  # the same operations in each run

    async def work() -> None:
        for turn in turns:
            kind = ("call", "stream", "broken off", "cancelled call", "cancelled stream")[turn % 5]
            counts[f"{kind}, {await OUTCOMES[kind](model, chance)}"] += 1
            if turn % (OPERATIONS // REPORTS) == 0:
                row(f"after {turn:,}", f"{resident():.1f} MB", f"{open_files()} files")

    await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
    row(f"after {OPERATIONS:,}", f"{resident():.1f} MB", f"{open_files()} files")
    for name, times in sorted(counts.items()):
        row(name, f"{times:,}")
    row("tasks left", f"{len(asyncio.all_tasks()) - 1}")
    assert counts.total() == OPERATIONS
    assert not [name for name in counts if "wrong" in name]


async def call(model: ChatModel, chance: random.Random) -> str:
    return "right" if (await model.agenerate("Go")).text == REPLY else "wrong"


async def stream(model: ChatModel, chance: random.Random) -> str:
    async with model.astream("Go") as events:
        return "right" if (await events.collect()).text == REPLY else "wrong"


async def broken_off(model: ChatModel, chance: random.Random) -> str:
    async with model.astream("Go") as events:
        async for text in events.texts():
            return "right" if REPLY.startswith(text) else "wrong"
    return "wrong"


async def cancelled_call(model: ChatModel, chance: random.Random) -> str:
    return await cancelled(asyncio.ensure_future(call(model, chance)), chance)


async def cancelled_stream(model: ChatModel, chance: random.Random) -> str:
    return await cancelled(asyncio.ensure_future(stream(model, chance)), chance)


async def cancelled(task: asyncio.Task[str], chance: random.Random) -> str:
    for _ in range(chance.randrange(40)):
        await asyncio.sleep(0)
    task.cancel()
    if chance.random() < 0.5:
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.wait([task])
    return "cancelled" if task.cancelled() else task.result()


OUTCOMES = {
    "call": call,
    "stream": stream,
    "broken off": broken_off,
    "cancelled call": cancelled_call,
    "cancelled stream": cancelled_stream,
}


def resident() -> float:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


if __name__ == "__main__":
    main()

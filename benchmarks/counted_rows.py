"""The rows whose instructions are counted: `python -m benchmarks.counted_rows URL COUNT`.

A call of `os.getppid`, which nothing else calls, marks the beginning and the end of each part.
"""

import asyncio
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chatmodels.bulk import Limits, _journal, arun
from chatmodels.core import create_chat_model

MODEL = "openai:gpt-6.1-terra"
IN_FLIGHT = 100
PROMPT = "Classify the ticket as a bug, a question or praise: "


def prompts(count: int) -> list[str]:
    return [f"{PROMPT}ticket {number}" for number in range(count)]


async def calls(texts: list[str], options: dict[str, Any]) -> None:
    await create_chat_model(MODEL, **options).abatch(texts, max_concurrency=IN_FLIGHT)


async def rows(texts: list[str], options: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        to = Path(folder) / "answers.jsonl"
        limits = Limits(in_flight=IN_FLIGHT)
        await arun(MODEL, texts, to=to, limits=limits, model_options=options)


async def main(url: str, count: str) -> None:
    # Valgrind takes fifty times as long: the clock would commit fifty times as often.
    _journal._COMMIT_SECONDS = 3600
    options = {"api_key": "key", "base_url": url}
    texts = prompts(int(count))
    for work in (calls, rows):
        await work(texts[:IN_FLIGHT], options)  # imports, and what the interpreter specializes
        os.getppid()
        await work(texts, options)
        os.getppid()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

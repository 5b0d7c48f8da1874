"""The calls whose instructions are counted: `python -m benchmarks.counted URL [httpcore]`.

A call of `os.getppid`, which nothing else calls, marks the beginning and the end of each part.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from chatmodels.core import ChatModel, create_chat_model

WORDS = 300
EVENTS = WORDS + 3  # in each stream: the start, an empty text, the words, the end
PROMPT = "Why is the sky blue?"


async def calls(model: ChatModel, count: int) -> None:
    for _ in range(count):
        await model.agenerate(PROMPT)


async def streams(model: ChatModel, count: int) -> None:
    for _ in range(count):
        async with model.astream(f"words={WORDS}") as stream:
            async for _ in stream:
                pass


async def sync_calls(model: ChatModel, count: int) -> None:
    for _ in range(count):
        model.generate(PROMPT)


async def sync_streams(model: ChatModel, count: int) -> None:
    for _ in range(count):
        with model.stream(f"words={WORDS}") as stream:
            for _ in stream:
                pass


PATHS: dict[str, tuple[Callable[[ChatModel, int], Awaitable[None]], int, int]] = {
    "an async call": (calls, 30, 1),
    "an event of an async stream": (streams, 3, EVENTS),
    "a sync call": (sync_calls, 30, 1),
    "an event of a sync stream": (sync_streams, 3, EVENTS),
}
"""Each path: the function, the number of its calls, and the parts that each of them consists of."""


async def main(url: str, engine: str = "default") -> None:
    options: dict[str, object] = {}
    if engine == "httpcore":
        from chatmodels.http._transport.on_httpcore import httpcore_async_engine, httpcore_engine

        options = {
            "http_client": httpcore_engine(None),
            "async_http_client": httpcore_async_engine(None),
        }
    model = create_chat_model("openai:gpt-6.1-terra", api_key="key", base_url=url, **options)
    for work, count, _ in PATHS.values():
        await work(model, count)  # imports, the connection, and what the interpreter specializes
        os.getppid()
        await work(model, count)
        os.getppid()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

"""Concurrent calls on one event loop: CPU time of the client for each."""

import asyncio
import time

import httpx

from benchmarks.measuring import row, simulator
from chatmodels.core import ChatModel, create_chat_model

CALLS = 2_000


def main() -> None:
    with simulator("--reply", "Because.", "--latency", "0.2") as base_url:
        model = create_chat_model(
            "openai:gpt-6.1-terra", api_key="key", base_url=base_url, max_retries=0
        )
        few = asyncio.run(ours(model, 10, calls=200))
        many = asyncio.run(ours(model, 1_000))
        row("10 at a time", f"{few * 1e6:.0f} us/call")
        row("1,000 at a time", f"{many * 1e6:.0f} us/call", f"{many / few:.2f} times")
        few_bare = asyncio.run(bare(base_url, 10, calls=200))
        some_bare = asyncio.run(bare(base_url, 100, calls=400))
        row("httpx.AsyncClient, 10 at a time", f"{few_bare * 1e6:.0f} us/call")
        row(
            "httpx.AsyncClient, 100 at a time",
            f"{some_bare * 1e6:.0f} us/call",
            f"{some_bare / few_bare:.2f} times",
        )


async def ours(model: ChatModel, concurrency: int, calls: int = CALLS) -> float:
    prompts = ["Why?"] * calls
    await model.abatch(prompts[:concurrency], max_concurrency=concurrency)  # opens connections
    start = time.process_time()
    results = await model.abatch(prompts, max_concurrency=concurrency)
    cpu_time = time.process_time() - start
    errors = [result for result in results if isinstance(result, Exception)]
    if errors:
        raise errors[0]
    return cpu_time / calls


async def bare(base_url: str, concurrency: int, calls: int) -> float:
    body = {"model": "gpt-6.1-terra", "messages": [{"role": "user", "content": "Why?"}]}
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        turns = iter(range(calls))

        async def work() -> None:
            for _ in turns:
                response = await client.post(
                    f"{base_url}/chat/completions",
                    json=body,
                    headers={"Authorization": "Bearer key"},
                )
                response.raise_for_status()

        await asyncio.gather(*(work() for _ in range(concurrency)))
        start = time.process_time()
        turns = iter(range(calls))
        await asyncio.gather(*(work() for _ in range(concurrency)))
        return (time.process_time() - start) / calls

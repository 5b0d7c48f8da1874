"""The engines for HTTP: CPU time of calls and chunks with each, in turns, and instructions."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable

from benchmarks.instructions import ROOT, count
from benchmarks.measuring import row, simulator
from chatmodels.core import ChatModel, create_chat_model
from chatmodels.http._transport.asyncio_engine import AsyncioEngine
from chatmodels.http._transport.http1.h11_parser import H11Parser
from chatmodels.http._transport.on_httpcore import httpcore_async_engine, httpcore_engine
from chatmodels.http._transport.socket_engine import SocketEngine

ROUNDS = 5
WORDS = 500

Work = Callable[[ChatModel], Awaitable[int]]


def main() -> None:
    with simulator("--reply", " ".join(["word"] * WORDS)) as base_url:
        models = {
            "httpcore": create(base_url, httpcore_engine(None), httpcore_async_engine(None)),
            "ours": create(base_url, SocketEngine(), AsyncioEngine()),
            "ours with h11": create(
                base_url, SocketEngine(parser=H11Parser), AsyncioEngine(parser=H11Parser)
            ),
        }
        for label, work in WORKS.items():
            times = dict.fromkeys(models, float("inf"))
            for _ in range(ROUNDS):
                for name, model in models.items():
                    times[name] = min(times[name], asyncio.run(measured(work, model)))
            for name, seconds in times.items():
                ratio = f"{seconds / times['httpcore']:.2f} of httpcore"
                row(f"{label}, {name}", f"{seconds * 1e6:.1f} us", ratio)
    if shutil.which("valgrind") is not None:
        before, now = count(ROOT, "httpcore"), count(ROOT)
        for name, found in now.items():
            note = f"{found / before[name]:.2f} of {before[name]:,} with httpcore"
            row(f"{name}, ours, instructions", f"{found:,}", note)


def create(base_url: str, engine: object, async_engine: object) -> ChatModel:
    return create_chat_model(
        "openai:gpt-6.1-terra",
        api_key="key",
        base_url=base_url,
        http_client=engine,
        async_http_client=async_engine,
    )


async def measured(work: Work, model: ChatModel) -> float:
    await work(model)  # opens the connections
    start = time.process_time()
    count = await work(model)
    return (time.process_time() - start) / count


async def calls(model: ChatModel) -> int:
    for _ in range(100):
        await model.agenerate("Why?")
    return 100


async def concurrent_calls(model: ChatModel) -> int:
    await model.abatch(["Why?"] * 500, max_concurrency=100)
    return 500


async def chunks(model: ChatModel) -> int:
    count = 0
    for _ in range(4):
        async with model.astream("Go") as stream:
            async for _ in stream:
                count += 1
    return count


async def sync_calls(model: ChatModel) -> int:
    for _ in range(100):
        model.generate("Why?")
    return 100


async def sync_chunks(model: ChatModel) -> int:
    return sum(1 for _ in range(4) for _ in model.stream("Go"))


WORKS: dict[str, Work] = {
    "async call": calls,
    "async call among 100": concurrent_calls,
    "event of an async stream": chunks,
    "sync call": sync_calls,
    "event of a sync stream": sync_chunks,
}

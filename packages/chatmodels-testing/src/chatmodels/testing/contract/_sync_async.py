"""Checks of where a model works: in any loop, any thread, one after the other and all at once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import anyio

from chatmodels.testing.contract._contract import Bench


def one_model_works_in_three_event_loops_in_a_row(bench: Bench) -> None:
    """`asyncio.run` may be called again and again, and blocking calls may come between."""
    model = bench.model()

    async def call() -> str:
        whole = await model.agenerate("?")
        streamed = await model.astream("?").collect()
        return whole.text + streamed.text

    texts = set[str]()
    for _ in range(3):
        texts.add(asyncio.run(call()))
        texts.add(model.generate("?").text * 2)
    assert len(texts) == 1


def one_model_works_under_trio(bench: Bench) -> None:
    """Nothing is particular to asyncio."""
    model = bench.model()

    async def call() -> None:
        assert (await model.agenerate("?")).text
        async with model.astream("?") as stream:
            async for _ in stream:
                pass
        assert stream.response.text
        assert all(not isinstance(item, Exception) for item in await model.abatch(["?"] * 4))

    anyio.run(call, backend="trio")


def one_model_works_in_eight_threads(bench: Bench) -> None:
    """Threads may share a model, each with an event loop of its own if it likes."""
    model = bench.model()

    async def call(text: str) -> str:
        return (await model.agenerate(text)).text

    def work(number: int) -> None:
        text = f"number {number}"
        assert text in model.generate(text).text
        assert text in model.stream(text).collect().text
        assert text in asyncio.run(call(text))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(16)))


def one_model_makes_many_calls_at_once(bench: Bench) -> None:
    """Tasks may share a model: each gets its own answer."""
    model = bench.model()

    async def call() -> None:
        async def work(number: int) -> None:
            text = f"number {number}."
            assert text in (await model.agenerate(text)).text
            assert text in (await model.astream(text).collect()).text

        async with anyio.create_task_group() as group:
            for number in range(50):
                group.start_soon(work, number)

    anyio.run(call)


def a_model_can_be_closed_twice(bench: Bench) -> None:
    """Closing releases what the model holds; a second time there is nothing to do."""
    model = bench.model()
    model.generate("?")
    model.close()
    model.close()

    async def close() -> None:
        other = bench.model()
        await other.agenerate("?")
        await other.aclose()
        await other.aclose()

    anyio.run(close)


CHECKS = (
    one_model_works_in_three_event_loops_in_a_row,
    *((one_model_works_under_trio,) if find_spec("trio") is not None else ()),
    one_model_works_in_eight_threads,
    one_model_makes_many_calls_at_once,
    a_model_can_be_closed_twice,
)

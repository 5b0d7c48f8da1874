"""Checks of concurrency: event loops, threads and parallel calls."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import anyio

from chatmodels.testing.contract._contract import CheckContext


def one_model_works_in_three_event_loops_in_a_row(context: CheckContext) -> None:
    """A model works in consecutive calls of `asyncio.run`, with sync calls in between."""
    model = context.model()

    async def call() -> str:
        whole = await model.agenerate("?")
        streamed = await model.astream("?").collect()
        return whole.text + streamed.text

    texts = set[str]()
    for _ in range(3):
        texts.add(asyncio.run(call()))
        texts.add(model.generate("?").text * 2)
    assert len(texts) == 1, (
        f"equal calls in three event loops have the responses {texts}; keep no connection of an "
        "event loop in the model"
    )


def one_model_works_under_trio(context: CheckContext) -> None:
    """A model does not depend on asyncio."""
    model = context.model()

    async def call() -> None:
        whole = await model.agenerate("?")
        assert whole.text, f"agenerate() under trio returned {whole!r}"
        async with model.astream("?") as stream:
            async for _ in stream:
                pass
        assert stream.response.text, f"astream() under trio returned {stream.response!r}"
        results = await model.abatch(["?"] * 4)
        failed = [item for item in results if isinstance(item, Exception)]
        assert not failed, f"abatch() under trio fails: {failed}; use anyio instead of asyncio"

    anyio.run(call, backend="trio")


def one_model_works_in_eight_threads(context: CheckContext) -> None:
    """Threads can share a model, also with one event loop per thread."""
    model = context.model()

    async def call(text: str) -> str:
        return (await model.agenerate(text)).text

    def work(number: int) -> None:
        text = f"number {number}"
        whole, streamed = model.generate(text).text, model.stream(text).collect().text
        for response in (whole, streamed, asyncio.run(call(text))):
            assert text in response, f"a thread that sent {text!r} received {response!r}"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(16)))


def one_model_makes_many_calls_at_once(context: CheckContext) -> None:
    """Tasks can share a model: each gets its own response."""
    model = context.model()

    async def call() -> None:
        async def work(number: int) -> None:
            text = f"number {number}."
            whole = await model.agenerate(text)
            streamed = await model.astream(text).collect()
            for response in (whole, streamed):
                assert text in response.text, (
                    f"a task that sent {text!r} received {response.text!r}"
                )

        async with anyio.create_task_group() as group:
            for number in range(50):
                group.start_soon(work, number)

    anyio.run(call)


def a_model_can_be_closed_twice(context: CheckContext) -> None:
    """Closing releases the resources of the model; a second call does nothing."""
    model = context.model()
    model.generate("?")
    model.close()
    model.close()

    async def close() -> None:
        other = context.model()
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

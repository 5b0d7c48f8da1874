"""The results of rows as they complete, without files."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, closing, suppress
from contextvars import copy_context
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, Self, Unpack

from chatmodels.bulk._budget import Budget
from chatmodels.bulk._engine import Engine
from chatmodels.bulk._gate import Gate
from chatmodels.bulk._identity import identify
from chatmodels.bulk._limits import Limits
from chatmodels.bulk._policies import limited
from chatmodels.bulk._prompts import PromptSource, prompt_builder
from chatmodels.bulk._questions import check_count, questions
from chatmodels.bulk._results import RowResult
from chatmodels.bulk._rows import Source, read_rows
from chatmodels.bulk._tally import Tally
from chatmodels.core import ChatModel
from chatmodels.core.extending import CallOptions


async def astream(
    model: ChatModel | str,
    source: Source,
    /,
    *,
    prompt: PromptSource | None = None,
    output_type: Any = None,
    limits: Limits = Limits(),  # noqa: B008 - it is frozen
    samples: int = 1,
    model_options: Mapping[str, Any] | None = None,
    **options: Unpack[CallOptions],
) -> AsyncGenerator[RowResult]:
    """Yield the result of every row as it completes; nothing is stored.

    Rows are read when there is room: at most `limits.in_flight` calls run or wait for their result
    to be read. Leaving the loop early cancels the calls when the generator is closed; use
    `contextlib.aclosing`.

    Args:
        model: As for `arun`.
        source: As for `arun`.
        prompt: As for `arun`.
        output_type: As for `arun`.
        limits: As for `arun`.
        samples: As for `arun`.
        model_options: As for `arun`.
        options: As for `arun`.

    Raises:
        RunStoppedError: A limit was reached, or every further row would fail.
        ConfigurationError: The model cannot be created, or a limit is one of batches.
        InvalidRequestError: The source, the prompt or the options are invalid.
    """
    check_count("samples", samples)
    build = prompt_builder(prompt)
    call: dict[str, Any] = {**options, "output_type": output_type}
    gate = Gate()
    bounded = limited(model, limits, gate, model_options)
    await identify(bounded, output_type, options)  # raises if the options are invalid
    budget = Budget(limits, Tally(), is_stored=False)
    engine = Engine(bounded, limits.in_flight, budget, gate, call)
    with closing(read_rows(source)) as rows:
        async with aclosing(engine.results(questions(rows, build, samples))) as results:
            async for result, _ in results:
                yield result


def stream(
    model: ChatModel | str,
    source: Source,
    /,
    *,
    prompt: PromptSource | None = None,
    output_type: Any = None,
    limits: Limits = Limits(),  # noqa: B008 - it is frozen
    samples: int = 1,
    model_options: Mapping[str, Any] | None = None,
    **options: Unpack[CallOptions],
) -> "RowStream":
    """Iterate over the result of every row as it completes; see `astream`.

    The calls run in an event loop in a thread of its own. Use the result in a `with` block, or read
    it to its end.
    """
    results = astream(
        model,
        source,
        prompt=prompt,
        output_type=output_type,
        limits=limits,
        samples=samples,
        model_options=model_options,
        **options,
    )
    return RowStream(results, limits.in_flight)


class RowStream:
    """The results of rows as they complete: an iterator, and a context manager that ends it."""

    def __init__(self, results: AsyncGenerator[RowResult], room: int, /) -> None:
        self._results = results
        self._room = asyncio.Semaphore(room)
        self._ready: SimpleQueue[RowResult | BaseException | None] = SimpleQueue()
        self._started: SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]]
        self._started = SimpleQueue()
        self._ended = False
        run = copy_context().run
        self._thread = Thread(
            target=run, args=(asyncio.run, self._pump()), name="chatmodels-bulk", daemon=True
        )
        self._thread.start()
        self._loop, self._task = self._started.get()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> RowResult:
        if self._ended:
            raise StopIteration
        result = self._ready.get()
        if isinstance(result, RowResult):
            # The loop is closed if this result was the last one.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._room.release)
            return result
        self.close()
        if result is not None:
            raise result
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancel the calls that are under way; closing it again does nothing."""
        self._ended = True
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    async def _pump(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._started.put((asyncio.get_running_loop(), task))
        try:
            async with aclosing(self._results) as results:
                async for result in results:
                    await self._room.acquire()
                    self._ready.put(result)
        except asyncio.CancelledError:
            pass  # `close` was called
        except BaseException as error:
            self._ready.put(error)
        else:
            self._ready.put(None)

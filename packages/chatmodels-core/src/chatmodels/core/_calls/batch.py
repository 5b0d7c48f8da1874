"""Concurrent calls in threads: results as they complete, with errors in their places."""

from collections.abc import Callable, Generator, Iterable, Sized
from types import TracebackType
from typing import Generic, Self, TypeVar

from chatmodels.core._errors.classes import ChatModelError, InvalidRequestError
from chatmodels.core._public import published_in
from chatmodels.core._values.foreign_messages import converter_for

Item = TypeVar("Item")
Result = TypeVar("Result")

Progress = Callable[[int, int | None], object]
"""Receives the number of completed calls, and of all calls if that is known."""


@published_in("chatmodels.core.extending")
class BatchResults(Generic[Result]):
    """The results of many calls, as they complete: an iterator of `(index, result)`.

    The index is that of the prompt. The result is a response, or the error of a failed call.
    Prompts are read on demand: at most `max_concurrency` calls run or wait for their result to be
    read.

    After `close`, or at the end of the `with` block, no further call begins. Threads cannot be
    interrupted: running calls end on their own, and their results are dropped. It is not
    thread-safe.

    Raises:
        InvalidRequestError: The prompts are not iterable, or `max_concurrency` is below 1.
    """

    __slots__ = ("_results",)

    def __init__(
        self,
        call: Callable[[Item], Result],
        items: Iterable[Item],
        max_concurrency: int,
        on_progress: Progress | None = None,
        /,
    ) -> None:
        check_batch(items, max_concurrency, is_iterable=isinstance(items, Iterable))  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
        self._results = _results(call, items, max_concurrency, on_progress)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[int, Result | ChatModelError]:
        return next(self._results)

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
        """Stop beginning calls; calling it again does nothing."""
        self._results.close()


def batch(
    call: Callable[[Item], Result],
    items: Iterable[Item],
    max_concurrency: int,
    on_progress: Progress | None = None,
    /,
) -> list[Result | ChatModelError]:
    """Call a function for each item in threads; results are in order.

    Raises:
        InvalidRequestError: The items are not a sequence, or `max_concurrency` is below 1.
    """
    check_batch(items, max_concurrency, is_iterable=isinstance(items, Iterable))  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
    with BatchResults(call, list(items), max_concurrency, on_progress) as results:
        return in_order(dict(results))


def in_order(results: dict[int, Result]) -> list[Result]:
    """Return results by their index."""
    return [results[index] for index in range(len(results))]


def size_of(items: object) -> int | None:
    """Return the number of items; None if it is not known before they are read."""
    return len(items) if isinstance(items, Sized) else None


def check_batch(items: object, max_concurrency: object, /, *, is_iterable: bool) -> None:
    """Check the arguments of a batch.

    Raises:
        InvalidRequestError: The message lists every problem.
    """
    problems: list[str] = []
    converter = converter_for(items)
    if not is_iterable or isinstance(items, str | bytes) or converter is not None:
        remedy = "pass a list of them" if converter is None else converter
        problems.append(
            f"a batch accepts a sequence of prompts, not one {type(items).__name__} ({remedy})"
        )
    if not isinstance(max_concurrency, int) or max_concurrency < 1:
        problems.append(f"max_concurrency must be at least 1, not {max_concurrency!r}")
    if problems:
        raise InvalidRequestError("; ".join(problems))


def _results(
    call: Callable[[Item], Result],
    items: Iterable[Item],
    max_concurrency: int,
    on_progress: Progress | None,
) -> Generator[tuple[int, Result | ChatModelError]]:
    total = size_of(items)
    completed = _completed(call, items, min(max_concurrency, total or max_concurrency))
    try:
        for done, result in enumerate(completed, start=1):
            if on_progress is not None:
                on_progress(done, total)
            yield result
    finally:
        completed.close()


def _completed(
    call: Callable[[Item], Result], items: Iterable[Item], max_concurrency: int
) -> Generator[tuple[int, Result | ChatModelError]]:
    def attempt(item: Item) -> Result | ChatModelError:
        try:
            return call(item)
        except ChatModelError as error:
            return error

    pending = enumerate(items)
    if max_concurrency == 1:
        for index, item in pending:
            yield index, attempt(item)
        return
    from concurrent.futures import Future, ThreadPoolExecutor
    from contextvars import copy_context
    from queue import SimpleQueue

    completed: SimpleQueue[Future[Result | ChatModelError]] = SimpleQueue()
    running: dict[Future[Result | ChatModelError], int] = {}
    pool = ThreadPoolExecutor(max_concurrency, "chatmodels-batch")
    try:
        while True:
            while len(running) < max_concurrency and (entry := next(pending, None)) is not None:
                index, item = entry
                future = pool.submit(copy_context().run, attempt, item)
                running[future] = index
                future.add_done_callback(completed.put)
            if not running:
                return
            future = completed.get()
            yield running.pop(future), future.result()
    finally:
        # After an interruption, running calls are not awaited, and no further call begins.
        pool.shutdown(wait=False, cancel_futures=True)

"""Concurrent calls in threads or tasks; results are in order, with errors in their places."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from chatmodels.core._errors.classes import ChatModelError, InvalidRequestError
from chatmodels.core._values.foreign_messages import converter_for

Item = TypeVar("Item")
Result = TypeVar("Result")


def batch(
    call: Callable[[Item], Result], items: Iterable[Item], max_concurrency: int, /
) -> list[Result | ChatModelError]:
    """Call a function for each item in a pool of threads, with this thread's context variables.

    Raises:
        InvalidRequestError: The items are not a sequence, or `max_concurrency` is below 1.
    """
    prompts = _checked(items, max_concurrency)

    def attempt(item: Item) -> Result | ChatModelError:
        try:
            return call(item)
        except ChatModelError as error:
            return error

    if len(prompts) <= 1 or max_concurrency == 1:
        return [attempt(item) for item in prompts]
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    pool = ThreadPoolExecutor(min(max_concurrency, len(prompts)), "chatmodels-batch")
    try:
        futures = [pool.submit(copy_context().run, attempt, item) for item in prompts]
        return [future.result() for future in futures]
    finally:
        # After an interruption, running calls are not awaited, and pending ones are cancelled.
        pool.shutdown(wait=False, cancel_futures=True)


async def abatch(
    call: Callable[[Item], Awaitable[Result]], items: Iterable[Item], max_concurrency: int, /
) -> list[Result | ChatModelError]:
    """Call a function for each item in a group of tasks, at most `max_concurrency` at a time.

    Raises:
        InvalidRequestError: The items are not a sequence, or `max_concurrency` is below 1.
    """
    prompts = _checked(items, max_concurrency)
    from anyio import create_task_group

    results: dict[int, Result | ChatModelError] = {}
    pending = iter(enumerate(prompts))

    async def work() -> None:
        for position, item in pending:
            try:
                results[position] = await call(item)
            except ChatModelError as error:
                results[position] = error

    async with create_task_group() as group:
        for _ in range(min(max_concurrency, len(prompts))):
            group.start_soon(work)
    return [results[position] for position in range(len(prompts))]


def _checked(items: Iterable[Item], max_concurrency: int) -> list[Item]:
    problems: list[str] = []
    if _is_one(items):
        remedy = converter_for(items)
        problems.append(
            f"a batch accepts a sequence of prompts, not one {type(items).__name__}"
            + (f" ({remedy})" if remedy else "")
        )
    if not isinstance(max_concurrency, int) or max_concurrency < 1:  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
        problems.append(f"max_concurrency must be at least 1, not {max_concurrency!r}")
    if problems:
        raise InvalidRequestError("; ".join(problems))
    return list(items)


def _is_one(items: object) -> bool:
    return (
        converter_for(items) is not None
        or isinstance(items, str)
        or not isinstance(items, Iterable)
    )

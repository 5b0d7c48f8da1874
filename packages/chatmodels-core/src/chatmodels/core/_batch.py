"""Many prompts at once, in threads or in tasks: results in order, errors in their places."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from chatmodels.core._errors import ChatModelError, InvalidRequestError

Item = TypeVar("Item")
Result = TypeVar("Result")


def batch(
    ask: Callable[[Item], Result], items: Sequence[Item], max_concurrency: int, /
) -> list[Result | ChatModelError]:
    """Ask for each item in a pool of threads.

    Raises:
        InvalidRequestError: `max_concurrency` is not at least 1.
    """
    _check(max_concurrency)

    def attempt(item: Item) -> Result | ChatModelError:
        try:
            return ask(item)
        except ChatModelError as error:
            return error

    if len(items) <= 1 or max_concurrency == 1:
        return [attempt(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(max_concurrency, len(items)), "chatmodels-batch") as pool:
        return list(pool.map(attempt, items))


async def abatch(
    ask: Callable[[Item], Awaitable[Result]], items: Sequence[Item], max_concurrency: int, /
) -> list[Result | ChatModelError]:
    """Ask for each item in a group of tasks, no more than `max_concurrency` at a time.

    Raises:
        InvalidRequestError: `max_concurrency` is not at least 1.
    """
    _check(max_concurrency)
    from anyio import create_task_group

    results: dict[int, Result | ChatModelError] = {}
    waiting = iter(enumerate(items))

    async def work() -> None:
        for position, item in waiting:
            try:
                results[position] = await ask(item)
            except ChatModelError as error:
                results[position] = error

    async with create_task_group() as group:
        for _ in range(min(max_concurrency, len(items))):
            group.start_soon(work)
    return [results[position] for position in range(len(items))]


def _check(max_concurrency: int) -> None:
    if max_concurrency < 1:
        raise InvalidRequestError(f"max_concurrency must be at least 1, not {max_concurrency}")

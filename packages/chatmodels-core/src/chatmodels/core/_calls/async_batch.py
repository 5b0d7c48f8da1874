"""Concurrent calls in tasks: results as they complete, with errors in their places."""

from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import partial
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from chatmodels.core._calls.batch import Progress, check_batch, in_order, size_of
from chatmodels.core._concurrency.interface import AsyncLibrary, Event, Semaphore
from chatmodels.core._concurrency.running import running_library
from chatmodels.core._errors.classes import ChatModelError, InvalidRequestError
from chatmodels.core._public import published_in

Item = TypeVar("Item")
Result = TypeVar("Result")

_END: Any = object()


@published_in("chatmodels.core.extending")
class AsyncBatchResults(Generic[Result]):
    """The results of many calls, as they complete: an async iterator of `(index, result)`.

    The index is the place of the prompt. The result is a response, or the error of a call that
    failed. Use it in an `async with` block: leaving the block cancels the calls that run. Prompts
    are read when there is room: at most `max_concurrency` calls run or wait for their result to be
    read. Tasks cannot share it.

    ```python
    async with model.abatch_as_completed(prompts) as results:
        async for index, result in results:
            print(index, result)
    ```

    Raises:
        InvalidRequestError: The prompts are not iterable, or `max_concurrency` is below 1.
    """

    _library: AsyncLibrary
    _room: Semaphore
    _changed: Event

    def __init__(
        self,
        call: Callable[[Item], Awaitable[Result]],
        items: Iterable[Item] | AsyncIterable[Item],
        max_concurrency: int,
        on_progress: Progress | None = None,
        /,
    ) -> None:
        check_batch(items, max_concurrency, is_iterable=isinstance(items, Iterable | AsyncIterable))  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
        self._call: Callable[[Any], Awaitable[Result]] = call
        self._items: Iterable[Any] | AsyncIterable[Any] = items
        self._max_concurrency = max_concurrency
        self._on_progress = on_progress
        self._total = size_of(items)
        self._tasks: dict[int, object] = {}  # by the index of the call; -1 reads the prompts
        self._entered = self._left = False
        self._ready: deque[tuple[int, Result | ChatModelError]] = deque()
        self._started = self._done = 0
        self._exhausted = False
        self._failure: BaseException | None = None

    async def __aenter__(self) -> Self:
        if self._entered:
            raise InvalidRequestError(
                "the batch has already been entered; call abatch_as_completed() again"
            )
        self._library = running_library()
        self._room = self._library.semaphore(self._max_concurrency)
        self._changed = self._library.event()
        self._entered = True
        self._tasks[-1] = self._library.start(self._begin_calls)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._left = True
        await self._library.end(tuple(self._tasks.values()))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[int, Result | ChatModelError]:
        if self._left:
            raise StopAsyncIteration
        if not self._entered:
            raise InvalidRequestError(
                "the results of a batch can be read only within its `async with` block; write: "
                "async with model.abatch_as_completed(...) as results"
            )
        await self._library.sleep(0)  # so that a cancellation arrives even if results are ready
        while not self._ready:
            if self._failure is not None:
                raise self._failure
            if self._exhausted and self._done == self._started:
                raise StopAsyncIteration
            self._changed = self._library.event()
            await self._changed.wait()
        result = self._ready.popleft()
        self._room.release()
        self._done += 1
        if self._on_progress is not None:
            self._on_progress(self._done, self._total)
        return result

    async def _begin_calls(self) -> None:
        items = self._items
        try:
            source = aiter(items) if isinstance(items, AsyncIterable) else iter(items)
            while True:
                await self._room.acquire()
                item = await _following(source)
                if item is _END:
                    break
                index = self._started
                self._tasks[index] = self._library.start(partial(self._make_call, index, item))
                self._started += 1
        except BaseException as error:
            self._failure = error
        self._exhausted = True
        self._changed.set()

    async def _make_call(self, index: int, item: object) -> None:
        try:
            self._ready.append((index, await self._call(item)))
        except ChatModelError as error:
            self._ready.append((index, error))
        except BaseException as error:
            self._failure = error
        del self._tasks[index]
        self._changed.set()


async def abatch(
    call: Callable[[Item], Awaitable[Result]],
    items: Iterable[Item],
    max_concurrency: int,
    on_progress: Progress | None = None,
    /,
) -> list[Result | ChatModelError]:
    """Call for each item in tasks; results in order.

    Raises:
        InvalidRequestError: The items are not a sequence, or `max_concurrency` is below 1.
    """
    check_batch(items, max_concurrency, is_iterable=isinstance(items, Iterable))  # pyright: ignore[reportUnnecessaryIsInstance] - untyped callers
    async with AsyncBatchResults(call, list(items), max_concurrency, on_progress) as results:
        return in_order({index: result async for index, result in results})


async def _following(source: AsyncIterator[Item] | Iterator[Item]) -> Item:
    if isinstance(source, AsyncIterator):
        return await anext(source, _END)
    return next(source, _END)

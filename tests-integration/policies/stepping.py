"""Cancels a coroutine at one of its suspensions, under asyncio and trio."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import anyio

Cancel = Callable[[], object]


class Stepping:
    """Runs a coroutine, counts its suspensions, and cancels it at one of them."""

    def __init__(self, work: Coroutine[Any, Any, object], moment: int, cancel: Cancel) -> None:
        self._work = work
        self._moment = moment
        self._cancel = cancel
        self.suspensions = 0

    def __await__(self) -> Generator[Any, Any, object]:
        advance: Callable[[Any], Any] = self._work.send
        value: object = None
        while True:
            try:
                waits_for = advance(value)
            except StopIteration as end:
                return end.value
            if self.suspensions == self._moment:
                self._cancel()
            self.suspensions += 1
            try:
                value = yield waits_for
            except BaseException as error:
                advance, value = self._work.throw, error
            else:
                advance = self._work.send


async def cancelled_task(work: Coroutine[Any, Any, object], moment: int) -> bool:
    """Run work in a task, and cancel the task at a suspension; return whether it was reached."""
    steps: list[Stepping] = []

    async def run() -> None:
        task = asyncio.current_task()
        assert task is not None
        steps.append(Stepping(work, moment, task.cancel))
        await steps[0]

    task = asyncio.ensure_future(run())
    await asyncio.wait([task])
    reached = steps[0].suspensions > moment
    assert task.cancelled() is reached
    return reached


async def cancelled_scope(work: Coroutine[Any, Any, object], moment: int) -> bool:
    """Run work in a cancel scope, and cancel the scope; see `cancelled_task`."""
    with anyio.CancelScope() as scope:
        step = Stepping(work, moment, scope.cancel)
        await step
    return step.suspensions > moment

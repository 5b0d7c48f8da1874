"""The load of a stage: calls of one model, a number of them at the same time."""

import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING

import anyio

from chatmodels.cli._bench_run import Sample, Stage
from chatmodels.cli._measured import MeasuredCall

if TYPE_CHECKING:
    from chatmodels.core import ChatModel, Message

Progress = Callable[[Sample], object]


class Load:
    """A stage while it runs.

    Args:
        model: The model.
        messages: The messages of each call.
        concurrency: The number of calls at the same time.
        requests: The number of all calls.
        clock: The monotonic clock, in seconds.

    Attributes:
        samples: The calls that have ended.
    """

    def __init__(
        self,
        model: "ChatModel",
        messages: "Sequence[Message]",
        *,
        concurrency: int,
        requests: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.samples: list[Sample] = []
        self._model = model
        self._messages = messages
        self._concurrency = concurrency
        self._requests = requests
        self._clock = clock
        self._began = clock()
        self._ended: float | None = None

    async def run(self, progress: Progress = lambda _: None, /) -> None:
        """Make the calls.

        Args:
            progress: A function that receives each call that has ended.
        """
        self._began = self._clock()
        numbers = count()
        async with anyio.create_task_group() as tasks:
            for _ in range(min(self._concurrency, self._requests)):
                tasks.start_soon(self._work, numbers, progress)
        self._ended = self._clock()

    async def _work(self, numbers: "count[int]", progress: Progress) -> None:
        while next(numbers) < self._requests:
            at = self._clock() - self._began
            call = MeasuredCall(clock=self._clock)
            await call.run(self._model, self._messages)
            sample = Sample(
                at=at,
                seconds=call.seconds,
                first_token=call.first_token,
                output_tokens=call.usage.output_tokens,
                error=None if call.error is None else str(call.error.code),
            )
            self.samples.append(sample)
            progress(sample)

    def stage(self) -> Stage:
        """Return the results so far."""
        ended = self._clock() if self._ended is None else self._ended
        return Stage(self._concurrency, ended - self._began, list(self.samples))

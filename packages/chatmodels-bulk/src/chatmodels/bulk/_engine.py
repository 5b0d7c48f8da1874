"""Asks the model for the rows of a source, counts the results, and stops at the limits."""

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from chatmodels.bulk._budget import Budget
from chatmodels.bulk._gate import Gate, NotSentError
from chatmodels.bulk._questions import Question
from chatmodels.bulk._results import RowResult
from chatmodels.bulk._stops import STOPPING_CODES, RunStoppedError
from chatmodels.core import ChatModel, ChatModelError, ChatRequest, Prompt

Results = AsyncGenerator[tuple[RowResult, Decimal | None]]
"""Results with their costs, if these are known."""


class Engine:
    """Answers the questions of a run.

    Args:
        model: The model with its policies.
        in_flight: The largest number of calls at the same time.
        budget: The limits and the counts, to which the results are added.
        gate: The gate inside of the model, which is closed when the run stops.
        call: The options of the calls, and their `output_type`.
    """

    def __init__(
        self,
        model: ChatModel,
        in_flight: int,
        budget: Budget,
        gate: Gate,
        call: Mapping[str, Any],
    ) -> None:
        self._model = model
        self._in_flight = in_flight
        self._budget = budget
        self._gate = gate
        self._call = call
        self._asked: dict[int, Question] = {}
        self._refused: deque[RowResult] = deque()
        self._fatal: ChatModelError | None = None
        self._failure: Exception | None = None

    async def results(self, calls: Iterable[Question | RowResult]) -> Results:
        """Yield the results as they complete, with their costs if they are known.

        Questions are read when there is room for a call. If a limit is reached, an error shows that
        every further row would fail, or the questions cannot be read, no further call begins. Those
        that are under way are completed, because they are paid; those that wait for a rate limit or
        for a retry are not sent. An error that every row would have
        is no result, so that the next run asks for its row again.

        Raises:
            RunStoppedError: It stopped before the last question.
            ChatModelError: The questions cannot be read.
        """
        async with self._model.abatch_as_completed(
            self._prompts(calls), max_concurrency=self._in_flight, **self._call
        ) as completed:
            received = self._gate.ended
            async for index, outcome in completed:
                received += 1
                if self._refused:
                    for refused in self._drained():
                        yield refused
                question = self._asked.pop(index)
                if isinstance(outcome, NotSentError):
                    self._failure = self._failure or self._budget.stop_requested()
                    if self._gate.is_empty(received):
                        break
                    continue
                is_error = isinstance(outcome, ChatModelError)
                result = RowResult(
                    row=question.row,
                    sample=question.sample,
                    response=None if is_error else outcome,
                    error=outcome if is_error else None,
                )
                if result.error is not None and result.error.code in STOPPING_CODES:
                    self._fatal = self._fatal or result.error
                    self._gate.is_closed = True
                else:
                    yield result, self._budget.count(result)
                if self._gate.is_empty(received):
                    break
        for refused in self._drained():
            yield refused
        if self._fatal is not None:
            raise self._budget.hopeless(self._fatal)
        if self._failure is not None:
            raise self._failure

    def _prompts(self, calls: Iterable[Question | RowResult]) -> Iterator[Prompt | ChatRequest]:
        try:
            for index, question in enumerate(self._allowed(calls)):
                self._asked[index] = question
                yield question.prompt
        except Exception as error:
            self._failure = error
            self._gate.is_closed = isinstance(error, RunStoppedError)

    def _allowed(self, calls: Iterable[Question | RowResult]) -> Iterator[Question]:
        for question in calls:
            if self._fatal is not None:
                return
            self._budget.check()
            if isinstance(question, RowResult):
                self._refused.append(question)
            else:
                yield question

    def _drained(self) -> Iterator[tuple[RowResult, Decimal | None]]:
        while self._refused:
            result = self._refused.popleft()
            yield result, self._budget.count(result)

"""Asks the model for the rows of a source, counts the results, and stops at the limits."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from chatmodels.bulk._limits import Limits
from chatmodels.bulk._questions import Question
from chatmodels.bulk._results import RowResult
from chatmodels.bulk._stops import STOPPING_CODES, RunStoppedError
from chatmodels.bulk._tally import Tally
from chatmodels.core import ChatModel, ChatModelError, ChatRequest, ErrorCode, Prompt

_SHARE_FROM = 20  # results, before a share of failed ones means anything


class Engine:
    """Answers the questions of a run.

    Args:
        model: The model with its policies.
        limits: The limits.
        tally: The counts, to which the results are added.
        call: The options of the calls, and their `output_type`.
        should_stop: Reports, before each further call, whether the run is to stop.
    """

    def __init__(
        self,
        model: ChatModel,
        limits: Limits,
        tally: Tally,
        call: Mapping[str, Any],
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        self._model = model
        self._limits = limits
        self._tally = tally
        self._call = call
        self._should_stop = should_stop
        self._asked: dict[int, Question] = {}
        self._refused: deque[RowResult] = deque()
        self._fatal: ChatModelError | None = None
        self._last_error: ChatModelError | None = None
        self._failure: Exception | None = None

    async def results(
        self, calls: Iterable[Question | RowResult]
    ) -> AsyncGenerator[tuple[RowResult, Decimal | None]]:
        """Yield the results as they complete, with their costs if they are known.

        Questions are read when there is room for a call. If a limit is reached, an error shows that
        every further row would fail, or the questions cannot be read, no further call begins. Those
        that are under way are completed, because they are paid. An error that every row would have
        is no result, so that the next run asks for its row again.

        Raises:
            RunStoppedError: It stopped before the last question.
            ChatModelError: The questions cannot be read.
        """
        async with self._model.abatch_as_completed(
            self._prompts(calls), max_concurrency=self._limits.in_flight, **self._call
        ) as completed:
            async for index, outcome in completed:
                for refused in self._drained():
                    yield refused
                question = self._asked.pop(index)
                is_error = isinstance(outcome, ChatModelError)
                result = RowResult(
                    row=question.row,
                    sample=question.sample,
                    response=None if is_error else outcome,
                    error=outcome if is_error else None,
                )
                if result.error is not None and result.error.code in STOPPING_CODES:
                    self._fatal = self._fatal or result.error
                else:
                    yield result, self._count(result)
        for refused in self._drained():
            yield refused
        if self._fatal is not None:
            raise self._stopped(
                f"every further row would fail: {self._fatal.message}", "run it again", self._fatal
            ) from self._fatal
        if self._failure is not None:
            raise self._failure

    def _prompts(self, calls: Iterable[Question | RowResult]) -> Iterator[Prompt | ChatRequest]:
        try:
            for index, question in enumerate(self._allowed(calls)):
                self._asked[index] = question
                yield question.prompt
        except Exception as error:
            self._failure = error

    def _allowed(self, calls: Iterable[Question | RowResult]) -> Iterator[Question]:
        for question in calls:
            if self._fatal is not None:
                return
            if self._should_stop is not None and self._should_stop():
                raise self._stopped("the run was stopped", "run it again", None)
            if reason := self._reached():
                cause = self._last_error
                raise self._stopped(reason, "raise the limit and run it again", cause) from cause
            if isinstance(question, RowResult):
                self._refused.append(question)
            else:
                yield question

    def _drained(self) -> Iterator[tuple[RowResult, Decimal | None]]:
        while self._refused:
            result = self._refused.popleft()
            yield result, self._count(result)

    def _count(self, result: RowResult) -> Decimal | None:
        self._last_error = result.error or self._last_error
        return self._tally.add(result)

    def _reached(self) -> str | None:
        """Return the limit that is reached, if one is."""
        tally, cost, errors = self._tally, self._limits.cost, self._limits.errors
        if cost is not None:
            if tally.unpriced:
                return "the cost of a response is unknown and cannot be limited; pass prices"
            if tally.cost >= cost:
                return f"the cost has reached {tally.cost} (the limit is {cost})"
        if errors is not None and tally.done:
            is_share = errors < 1
            share = tally.failed / tally.done
            if (is_share and tally.done >= _SHARE_FROM and share > errors) or (
                not is_share and tally.failed >= errors
            ):
                return f"{tally.failed} of {tally.done} rows have failed (the limit is {errors})"
        return None

    def _stopped(self, reason: str, remedy: str, cause: ChatModelError | None) -> RunStoppedError:
        return RunStoppedError(
            f"{reason}. {self._tally.done} results are kept; {remedy} to go on",
            op="bulk",
            code=ErrorCode.QUOTA_EXCEEDED if cause is None else cause.code,
        )

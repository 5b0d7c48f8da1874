"""Asks the model for the rows of a source, counts the results, and stops at the limits."""

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
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
    """

    def __init__(
        self, model: ChatModel, limits: Limits, tally: Tally, call: Mapping[str, Any]
    ) -> None:
        self._model = model
        self._limits = limits
        self._tally = tally
        self._call = call
        self._asked: dict[int, Question] = {}
        self._refused: deque[RowResult] = deque()
        self._stop: tuple[str, ChatModelError | None] | None = None

    async def results(
        self, asked: Iterable[Question | RowResult]
    ) -> AsyncGenerator[tuple[RowResult, Decimal | None]]:
        """Yield the results as they complete, with their costs if they are known.

        Questions are read when there is room for a call. If a limit is reached, or an error shows
        that every further row would fail, no further call begins. Those that are under way are
        completed, because they are paid; such an error is no result, so that its row is asked again
        by the next run.

        Raises:
            RunStoppedError: It stopped.
        """
        async with self._model.abatch_as_completed(
            self._prompts(asked), max_concurrency=self._limits.in_flight, **self._call
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
                if not self._is_of_every_row(result.error):
                    yield result, self._count(result)
        for refused in self._drained():
            yield refused
        if self._stop is not None:
            reason, cause = self._stop
            raise RunStoppedError(
                f"{reason}. {self._tally.done} results are kept; run it again to go on",
                op="bulk",
                code=ErrorCode.QUOTA_EXCEEDED if cause is None else cause.code,
            ) from cause

    def _prompts(self, asked: Iterable[Question | RowResult]) -> Iterator[Prompt | ChatRequest]:
        index = 0
        for question in asked:
            if self._stop is not None:
                return
            if isinstance(question, RowResult):
                self._refused.append(question)
                continue
            self._asked[index] = question
            index += 1
            yield question.prompt

    def _drained(self) -> Iterator[tuple[RowResult, Decimal | None]]:
        while self._refused:
            result = self._refused.popleft()
            yield result, self._count(result)

    def _is_of_every_row(self, error: ChatModelError | None) -> bool:
        if error is None or error.code not in STOPPING_CODES:
            return False
        self._stop = self._stop or (f"every further row would fail: {error.message}", error)
        return True

    def _count(self, result: RowResult) -> Decimal | None:
        cost = self._tally.add(result)
        if self._stop is None and (reason := self._reached()):
            self._stop = reason, result.error
        return cost

    def _reached(self) -> str | None:
        """Return the limit that is reached, if one is."""
        tally, cost, errors = self._tally, self._limits.cost, self._limits.errors
        if cost is not None:
            if tally.unpriced:
                return "the cost of a response is unknown and cannot be limited; pass prices"
            if tally.cost >= cost:
                return f"the cost has reached {tally.cost} (the limit is {cost})"
        if errors is not None:
            is_share = errors < 1
            share = tally.failed / tally.done
            if (is_share and tally.done >= _SHARE_FROM and share > errors) or (
                not is_share and tally.failed >= errors
            ):
                return f"{tally.failed} of {tally.done} rows have failed (the limit is {errors})"
        return None

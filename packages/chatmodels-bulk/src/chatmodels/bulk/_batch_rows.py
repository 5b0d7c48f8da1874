"""The rows of batches as questions and results of a run."""

from typing import Any

from chatmodels.bulk._batch_calls import stored_request
from chatmodels.bulk._batch_store import BatchedRow
from chatmodels.bulk._questions import Question
from chatmodels.bulk._remaining import Remaining
from chatmodels.bulk._results import RowResult
from chatmodels.bulk._rows import Row
from chatmodels.core import ChatModelError, ChatResponse


class BatchRows:
    """Turns rows of batches into questions and results.

    Args:
        remaining: Receives the keys of the requests.
        samples: The number of samples of each row of the source.
    """

    def __init__(self, remaining: Remaining, samples: int) -> None:
        self._remaining = remaining
        self._samples = samples

    def question(self, row: BatchedRow, /) -> Question:
        """Return the question of a row."""
        number, sample = divmod(row.place, self._samples)
        question = Question(Row(number=number, id=row.id), sample, stored_request(row.request))
        self._remaining.give_key(question, row.key)
        return question

    def result(self, row: BatchedRow, outcome: ChatResponse[Any] | ChatModelError, /) -> RowResult:
        """Return the result of a row."""
        number, sample = divmod(row.place, self._samples)
        is_error = isinstance(outcome, ChatModelError)
        result = RowResult(
            row=Row(number=number, id=row.id),
            sample=sample,
            response=None if is_error else outcome,
            error=outcome if is_error else None,
        )
        self._remaining.give_key(result, row.key)
        return result

"""Reads the answers of a batch that has ended, whatever its state, row by row."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from chatmodels.bulk._batch_calls import BatchCalls
from chatmodels.bulk._batch_rows import BatchRows
from chatmodels.bulk._batch_shards import ATTEMPTS
from chatmodels.bulk._batch_store import BatchedRow, BatchStore, OpenBatch
from chatmodels.bulk._results import RowResult
from chatmodels.bulk._stops import STOPPING_CODES
from chatmodels.core import (
    ChatModelError,
    OutputInvalidError,
    ResponseInvalidError,
    is_retryable,
)
from chatmodels.core.extending import BatchAnswer, BatchStatus


class BatchReader:
    """Yields the results in a batch; a row without one waits for another batch, or for a call.

    Args:
        calls: Decodes answers.
        store: Has the rows of the batch.
        rows: Turns rows into results.
        has_calls: Whether calls follow for the rows that batches do not answer.

    Attributes:
        fatal: The first error that every further row would have, too; it is no result.
    """

    def __init__(
        self, calls: BatchCalls, store: BatchStore, rows: BatchRows, *, has_calls: bool
    ) -> None:
        self._calls = calls
        self._store = store
        self._rows = rows
        self._has_calls = has_calls
        self.fatal: ChatModelError | None = None

    async def results(self, batch: OpenBatch, status: BatchStatus, /) -> AsyncGenerator[RowResult]:
        """Yield the results of a batch, one for each row at most.

        Raises:
            ChatModelError: The answers cannot be read.
        """
        seen = set[int]()
        async with aclosing(self._calls.backend.results(status)) as found:
            async for answer in found:
                row = self._row(batch, answer)
                if row is None or row.place in seen:
                    continue
                outcome = await self._calls.decode(answer, row.request)
                if isinstance(outcome, ChatModelError):
                    if outcome.code in STOPPING_CODES:
                        self.fatal = self.fatal or outcome
                        continue
                    if self._is_tried_again(row, outcome):
                        continue
                seen.add(row.place)
                yield self._rows.result(row, outcome)

    def _is_tried_again(self, row: BatchedRow, error: ChatModelError) -> bool:
        if isinstance(error, ResponseInvalidError) and not isinstance(error, OutputInvalidError):
            return row.attempts == 0  # it can be by chance, as in a call
        return is_retryable(error) and (self._has_calls or row.attempts + 1 < ATTEMPTS)

    def _row(self, batch: OpenBatch, answer: BatchAnswer) -> BatchedRow | None:
        """Return the row of an answer; None if it is none, or no answer to one."""
        name, _, place = answer.id.rpartition("-")
        if name != batch.name or not place.isdecimal() or answer.status is None:
            return None
        return self._store.row(batch.name, int(place))

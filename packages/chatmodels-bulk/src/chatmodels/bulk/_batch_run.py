"""The state machine of batches: recorded, created, polled, read; until no row is left.

A batch is recorded with its rows before it is created. If the outcome of its creation is unknown,
the vendor's listing decides whether it exists, so that no row is sent twice. An ended batch is read
row by row, whatever its state; the rows without an answer wait for the next batch.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing

from chatmodels.bulk._batch_calls import BatchCalls
from chatmodels.bulk._batch_reader import BatchReader
from chatmodels.bulk._batch_rows import BatchRows
from chatmodels.bulk._batch_shards import ATTEMPTS, Shard, Shards
from chatmodels.bulk._batch_store import BatchStore, OpenBatch
from chatmodels.bulk._budget import Budget
from chatmodels.bulk._clock import Clock
from chatmodels.bulk._engine import Results
from chatmodels.bulk._limits import Limits
from chatmodels.bulk._questions import Question
from chatmodels.bulk._remaining import Remaining
from chatmodels.bulk._results import RowResult
from chatmodels.bulk._stopping import StopConditions
from chatmodels.bulk._stops import STOPPING_CODES
from chatmodels.core import (
    CallTimeoutError,
    ChatModelError,
    ErrorCode,
    InvalidRequestError,
    is_retryable,
)
from chatmodels.core.extending import BatchStatus, UnsettledBatch

_SETTLED = 60.0  # seconds after which a listing has every batch that was created
_FAILURES = 10  # requests about batches in a row that can fail
_FIRST_POLL = 1 / 12  # of the longest time between polls
_SLOWER = 1.5
_JITTER = 0.2
_TIMEOUT = 408


class BatchRun:
    """Answers the questions of a run in batches.

    Args:
        calls: Encodes and decodes rows.
        store: Records batches and rows.
        remaining: The keys of the questions.
        budget: The limits, and the counts to which the results are added.
        limits: The limits of batches.
        stopping: The conditions under which the run stops.
        samples: The number of samples of each row.
        clock: The clock.
        flush: Waits until all results that were yielded are stored.
        has_calls: Whether calls follow for the rows that batches do not answer.
    """

    def __init__(
        self,
        calls: BatchCalls,
        store: BatchStore,
        remaining: Remaining,
        budget: Budget,
        limits: Limits,
        stopping: StopConditions,
        *,
        samples: int,
        clock: Clock,
        flush: Callable[[], None],
        has_calls: bool,
    ) -> None:
        self._backend = calls.backend
        self._store = store
        self._rows = BatchRows(remaining, samples)
        self._shards = Shards(calls, store, remaining, self._rows, limits)
        self._reader = BatchReader(calls, store, self._rows, has_calls=has_calls)
        self._budget = budget
        self._limits = limits
        self._stopping = stopping
        self._clock = clock
        self._flush = flush
        self._has_calls = has_calls
        self._open = store.batches()
        self._stop: ChatModelError | None = None
        self._is_full = False  # the vendor accepts no batch until another one ends
        self._is_over = False  # calls follow for the rest
        self._failures = 0
        self._refusals = 0
        self._pause = self._first_pause = limits.batch_poll * _FIRST_POLL

    async def results(self, questions: Iterator[Question | RowResult]) -> Results:
        """Yield the results as batches end, with their costs if they are known.

        With calls to follow, it can end before the last question.

        Raises:
            RunStoppedError: A limit was reached, every further row would fail, or the batches were
                cancelled. Those that are under way have been read.
            ChatModelError: The vendor refused a batch, or does not respond.
        """
        while True:
            self._budget.check_stop()  # without waiting for batches, which a later run reads
            for batch in [each for each in self._open if each.vendor_id is None]:
                await self._settle(batch)
            is_done = False
            while not is_done and self._can_create():
                shard = await self._shards.next(questions, self._room())
                for result in self._shards.refused:
                    yield result, self._budget.count(result)
                self._shards.refused.clear()
                is_done = len(shard.rows) < self._backend.limits.fewest_rows
                if not is_done:
                    await self._create(shard)
                elif shard.rows:
                    self._put_back(shard)
            if not self._open and (is_done or self._is_over or self._stop is not None):
                break
            await self._sleep()
            if not self._open:
                self._is_full = False  # the rows that fill it belong to others
            for batch in [each for each in self._open if each.vendor_id is not None]:
                async with aclosing(self._polled(batch)) as results:
                    async for result in results:
                        yield result, self._budget.count(result)
        self._shards.close()
        if self._stop is not None:
            raise self._stop

    def unanswered(self) -> Iterator[Question]:
        """Yield the questions that no batch has answered, for calls; see `has_calls`."""
        for stored in self._store.waiting(range(sys.maxsize)):
            yield self._rows.question(stored)

    def _can_create(self) -> bool:
        if self._stop is not None or self._is_over or self._is_full:
            return False
        if any(each.vendor_id is None and not each.is_listed for each in self._open):
            return False  # the vendor does not respond
        if self._open and self._room() <= 0:
            return False
        try:
            self._budget.check()
        except ChatModelError as error:
            self._stop = error
        return self._stop is None

    def _room(self) -> int:
        """Return the estimated input tokens for which there is room in a further batch."""
        most = self._limits.batch_tokens
        return sys.maxsize if most is None else most - sum(each.tokens for each in self._open)

    def _put_back(self, shard: Shard) -> None:
        """Let rows wait that are too few for a batch: rows of an open batch can join them."""
        self._shards.put_back(shard)
        if self._open:
            return
        if self._has_calls:
            self._is_over = True
        else:
            self._stop = _too_few(len(shard.rows), self._backend.limits.fewest_rows)

    async def _create(self, shard: Shard) -> None:
        batch = OpenBatch(shard.name, None, self._clock.now(), len(shard.rows), shard.tokens)
        self._store.intend(batch, shard.rows)
        self._open.append(batch)
        try:
            status = await self._backend.create(batch.name, shard.encoded)
        except ChatModelError as error:
            if not _is_refusal(error):
                self._tolerate(error)  # it may exist
                return
            self._forget(batch)
            self._refused_by_vendor(error, batch)
        else:
            self._set_created(batch, status)

    async def _settle(self, batch: OpenBatch) -> None:
        """Find out whether a batch exists; its rows wait for another one if it does not."""
        others = [each.vendor_id for each in self._open if each.vendor_id is not None]
        try:
            found = await self._backend.find(batch.name, batch.rows, batch.created, others)
        except ChatModelError as error:
            self._tolerate(error)
            return
        self._failures = 0
        batch.is_listed = isinstance(found, UnsettledBatch)
        if isinstance(found, BatchStatus):
            self._set_created(batch, found)
        elif found is None and self._clock.now() - batch.created >= _SETTLED:
            self._forget(batch)

    def _set_created(self, batch: OpenBatch, status: BatchStatus) -> None:
        self._store.set_created(batch.name, status.id)
        batch.vendor_id = status.id
        self._pause = self._first_pause

    def _forget(self, batch: OpenBatch) -> None:
        self._store.forget(batch.name)
        self._open.remove(batch)

    def _refused_by_vendor(self, error: ChatModelError, batch: OpenBatch) -> None:
        """Decide how to go on if the vendor does not accept a batch.

        A batch that does not fit beside others waits for them; one that does not fit alone is
        divided.
        """
        if error.code is ErrorCode.RATE_LIMITED and self._refusals < _FAILURES:
            self._is_full = True
            if not self._open:
                fewest = self._backend.limits.fewest_rows
                self._shards.most_rows = max(fewest, batch.rows // 2)
                self._refusals += batch.rows == fewest
        elif error.code in STOPPING_CODES:
            self._stop = self._budget.hopeless(error)
        elif self._has_calls:
            self._is_over = True
        else:
            self._stop = error

    async def _sleep(self) -> None:
        spread = 1 + _JITTER * (2 * self._clock.share() - 1)
        await self._clock.sleep(self._pause * spread, self._stopping)
        self._budget.check_stop()
        self._pause = min(self._pause * _SLOWER, self._limits.batch_poll)

    def _tolerate(self, error: ChatModelError) -> None:
        """Accept an error that can pass; not many of them in a row."""
        self._failures += 1
        if not is_retryable(error) or self._failures >= _FAILURES:
            raise error

    async def _polled(self, batch: OpenBatch) -> AsyncGenerator[RowResult]:
        """Poll a batch, and yield the results of one that has ended."""
        assert batch.vendor_id is not None, "it was created"
        try:
            if self._has_calls and not batch.is_stopping and self._is_late(batch):
                self._is_over = True
                if self._backend.limits.cancellable:
                    await self._backend.cancel(batch.vendor_id)
                batch.is_stopping = True
            status = await self._backend.retrieve(batch.vendor_id)
            self._failures = 0
            if status.state != "ended":
                return
            if status.error is not None:
                self._forget(batch)
                self._refused_by_vendor(status.error, batch)
                return
            async with aclosing(self._reader.results(batch, status)) as results:
                async for result in results:
                    yield result
        except ChatModelError as error:
            self._tolerate(error)
            await asyncio.to_thread(self._flush)  # the answers that were read are not read again
            return
        await asyncio.to_thread(self._flush)
        is_cancelled = self._store.is_cancelled(batch.name)
        self._store.close(batch.name)
        self._open.remove(batch)
        self._is_full = False
        self._refusals = 0
        self._pause = self._first_pause
        if self._reader.fatal is not None and self._stop is None:
            self._stop = self._budget.hopeless(self._reader.fatal)
        if is_cancelled and self._stop is None:
            self._stop = self._budget.stopped(
                "the batches were cancelled", "run it again", None, requested=True
            )
        if not self._has_calls:
            for row in self._store.waiting(range(ATTEMPTS, sys.maxsize)):
                yield self._rows.result(row, _unanswered())
            await asyncio.to_thread(self._flush)

    def _is_late(self, batch: OpenBatch) -> bool:
        return self._clock.now() - batch.created >= self._limits.batch_deadline


def _is_refusal(error: ChatModelError) -> bool:
    """Report whether a vendor has certainly not created a batch."""
    return error.status is not None and 400 <= error.status < 500 and error.status != _TIMEOUT


def _too_few(rows: int, fewest: int) -> InvalidRequestError:
    return InvalidRequestError(
        f"the vendor accepts batches of {fewest} rows or more, and {rows} are left for one; call "
        "the model for them with via='auto', or raise batch_rows if it is smaller",
        op="batch",
    )


def _unanswered() -> CallTimeoutError:
    return CallTimeoutError(
        f"the row was in {ATTEMPTS} batches, and none of them has answered it; retry it, or use "
        "via='auto'"
    )

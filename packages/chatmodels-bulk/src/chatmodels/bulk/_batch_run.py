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
from chatmodels.bulk._batch_errors import (
    FAILURES,
    is_failure,
    is_lost,
    is_refusal,
    lost_batch,
    tolerate,
    too_few,
    unanswered,
)
from chatmodels.bulk._batch_pace import Pace
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
    ChatModelError,
    ErrorCode,
)
from chatmodels.core.extending import BatchStatus, UnsettledBatch

_SETTLED = 60.0  # seconds without a batch in the listing after which it was not created
_REFUSALS = 3  # of a batch in a row, after which it is divided


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
        abandons_lost: Whether batches that cannot be read are abandoned.
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
        abandons_lost: bool,
    ) -> None:
        self._backend = calls.backend
        self._store = store
        self._rows = BatchRows(remaining, samples)
        self._shards = Shards(calls, store, remaining, self._rows, limits)
        self._reader = BatchReader(calls, store, self._rows, has_calls=has_calls)
        self._budget = budget
        self._limits = limits
        self._clock = clock
        self._flush = flush
        self._has_calls = has_calls
        self._abandons_lost = abandons_lost
        self._open = store.batches()
        self._stop: ChatModelError | None = None
        self._is_full = False  # the vendor accepts no batch until another one ends
        self._is_over = False  # calls follow for the rest
        self._failures = 0  # of creations
        self._refusals = 0
        self._pace = Pace(limits.batch_poll, clock, stopping)

    async def results(self, questions: Iterator[Question | RowResult]) -> Results:
        """Yield the results as batches end, with their costs if they are known.

        With calls to follow, it can end before the last question.

        Raises:
            RunStoppedError: A limit was reached, every further row would fail, or the batches were
                cancelled. Those that are under way have been read.
            ConfigurationError: A batch cannot be read, or the vendor does not have it.
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
                if shard is None:
                    continue
                is_done = len(shard.rows) < self._backend.limits.fewest_rows
                if not is_done:
                    await self._create(shard)
                elif shard.rows:
                    self._put_back(shard)
            if not self._open and (is_done or self._is_over or self._stop is not None):
                break
            await self._pace.sleep()
            self._budget.check_stop()
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
        self._check_cancelled()
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
            self._stop = too_few(shard, self._backend.limits.fewest_rows)

    async def _create(self, shard: Shard) -> None:
        batch = OpenBatch(shard.name, None, self._clock.now(), len(shard.rows), shard.tokens)
        self._store.intend(batch, shard.rows)
        self._open.append(batch)
        try:
            status = await self._backend.create(batch.name, shard.encoded)
        except ChatModelError as error:
            if not is_refusal(error):
                self._failures += 1
                tolerate(error, self._failures)  # it may exist
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
            batch.failures += 1
            tolerate(error, batch.failures)
            return
        batch.failures = 0
        batch.is_listed = isinstance(found, UnsettledBatch)
        if isinstance(found, BatchStatus):
            self._set_created(batch, found)
        elif found is None:
            # Not from its creation on: the upload of its rows can take longer than that.
            batch.missed = batch.missed or self._clock.now()
            if self._clock.now() - batch.missed >= _SETTLED:
                self._forget(batch)

    def _set_created(self, batch: OpenBatch, status: BatchStatus) -> None:
        self._store.set_created(batch.name, status.id)
        batch.vendor_id = status.id
        # The function that cancelled all batches did not know this id.
        batch.is_to_cancel = self._store.is_cancelled(batch.name)
        self._failures = 0
        self._pace.restart()

    def _forget(self, batch: OpenBatch) -> None:
        self._store.forget(batch.name)
        self._open.remove(batch)

    def _refused_by_vendor(self, error: ChatModelError, batch: OpenBatch) -> None:
        """Decide how to go on if the vendor does not accept a batch.

        A batch that does not fit beside others waits for them. One that does not fit alone is
        created again later; after some refusals, or after one of its tokens, it is divided.
        """
        if error.code is ErrorCode.RATE_LIMITED and self._refusals < FAILURES:
            self._is_full = True
            self._pace.retry_after = error.retry_after or 0.0
            if not self._open:
                self._refusals += 1
                has_too_many_tokens = batch.vendor_id is not None
                if (has_too_many_tokens or self._refusals >= _REFUSALS) and self._shards.shrink(
                    batch.rows
                ):
                    self._refusals = 0
        elif error.code in STOPPING_CODES:
            self._stop = self._budget.hopeless(error)
        elif self._has_calls:
            self._is_over = True
        else:
            self._stop = error

    def _check_cancelled(self) -> None:
        """Stop the run if its batches are cancelled while it goes on."""
        if self._stop is None and any(
            not batch.is_cancelled and self._store.is_cancelled(batch.name) for batch in self._open
        ):
            self._stop = self._budget.stopped(
                "the batches were cancelled", "run it again", None, requested=True
            )

    async def _polled(self, batch: OpenBatch) -> AsyncGenerator[RowResult]:
        """Poll a batch, and yield the results of one that has ended."""
        assert batch.vendor_id is not None, "it was created"
        try:
            await self._cancel_late(batch, batch.vendor_id)
            status = await self._backend.retrieve(batch.vendor_id)
            if status.state != "ended":
                batch.failures = 0
                return
            if status.error is None:
                async with aclosing(self._reader.results(batch, status)) as results:
                    async for result in results:
                        yield result
            elif not is_failure(status.error):
                self._check_cancelled()
                self._forget(batch)
                self._refused_by_vendor(status.error, batch)
                return
        except ChatModelError as error:
            await asyncio.to_thread(self._flush)  # the answers that were read are not read again
            if is_lost(error):
                self._abandon(batch, error)
                return
            batch.failures += 1
            tolerate(error, batch.failures)
            return
        await asyncio.to_thread(self._flush)
        self._check_cancelled()
        if self._reader.fatal is not None and self._stop is None:
            self._stop = self._budget.hopeless(self._reader.fatal)
        if self._reader.fatal is not None or self._store.is_cancelled(batch.name):
            self._forget(batch)  # that it has no answers is no fault of its rows
        else:
            self._store.close(batch.name)
            self._open.remove(batch)
        self._is_full = False
        self._refusals = 0
        self._shards.grow()
        self._pace.restart()
        if not self._has_calls:
            for row in self._store.waiting(range(ATTEMPTS, sys.maxsize)):
                yield self._rows.result(row, unanswered())
            await asyncio.to_thread(self._flush)

    async def _cancel_late(self, batch: OpenBatch, id_: str) -> None:
        """Cancel a batch after its deadline, or one that had no known id when it was cancelled."""
        age = self._clock.now() - batch.created
        is_late = self._has_calls and age >= self._limits.batch_deadline
        self._is_over = self._is_over or is_late
        if (is_late or batch.is_to_cancel) and not batch.is_stopping:
            if self._backend.limits.cancellable:
                await self._backend.cancel(id_)
            batch.is_stopping = True

    def _abandon(self, batch: OpenBatch, error: ChatModelError) -> None:
        """Let the rows of a batch that cannot be read wait for another one.

        Raises:
            ConfigurationError: They would be paid again, and the user has not accepted that.
        """
        if not self._abandons_lost:
            raise lost_batch(batch.vendor_id, error) from error
        self._forget(batch)

"""The state machine of batches: recorded, created, polled, read; until no row is left.

A batch is recorded with its rows before it is created. If the outcome of its creation is unknown,
the vendor's listing decides whether it exists, so that no row is sent twice. An ended batch is read
row by row, whatever its state; the rows without an answer wait for the next batch.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from secrets import token_hex
from typing import Any

import msgspec

from chatmodels.bulk._batch_calls import BatchCalls, stored_request
from chatmodels.bulk._batch_store import BatchedRow, BatchStore, OpenBatch
from chatmodels.bulk._budget import Budget
from chatmodels.bulk._clock import Clock
from chatmodels.bulk._engine import Results
from chatmodels.bulk._limits import Limits
from chatmodels.bulk._questions import Question
from chatmodels.bulk._remaining import Remaining
from chatmodels.bulk._results import RowResult
from chatmodels.bulk._rows import Row
from chatmodels.bulk._stops import STOPPING_CODES
from chatmodels.core import (
    CallTimeoutError,
    ChatModelError,
    ChatResponse,
    ErrorCode,
    InvalidRequestError,
    is_retryable,
)
from chatmodels.core.extending import BatchAnswer, BatchStatus, UnsettledBatch, estimated_tokens

ATTEMPTS = 3
"""The number of batches after which a row without an answer has failed."""

_MAX_BYTES = 64 * 1024 * 1024
_SETTLED = 60.0  # seconds after which a listing has every batch that was created
_FAILURES = 10  # requests about batches in a row that can fail
_FIRST_POLL = 1 / 12  # of the longest time between polls
_SLOWER = 1.5
_JITTER = 0.2
_ROWS_AT_ONCE = 200  # rows that are encoded before other tasks run
_TIMEOUT = 408


class _Shard(msgspec.Struct):
    """The rows of the next batch: encoded, and as they are stored."""

    name: str
    encoded: list[bytes] = []
    rows: list[BatchedRow] = []
    bytes: int = 0
    tokens: int = 0


class BatchRun:
    """Answers the questions of a run in batches.

    Args:
        calls: Encodes and decodes rows.
        store: Records batches and rows.
        remaining: The keys of the questions.
        budget: The limits, and the counts to which the results are added.
        limits: The limits of batches.
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
        *,
        samples: int,
        clock: Clock,
        flush: Callable[[], None],
        has_calls: bool,
    ) -> None:
        self._calls = calls
        self._backend = calls.backend
        self._store = store
        self._remaining = remaining
        self._budget = budget
        self._limits = limits
        self._samples = samples
        self._clock = clock
        self._flush = flush
        self._has_calls = has_calls
        self._open = store.batches()
        self._held: BatchedRow | None = None
        self._refused: list[RowResult] = []
        self._stop: ChatModelError | None = None
        self._is_full = False  # the vendor accepts no batch until another one ends
        self._is_over = False  # calls follow for the rest
        self._most_rows = min(calls.backend.limits.rows, limits.batch_rows or sys.maxsize)
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
                shard = await self._next_shard(questions)
                for result in self._refused:
                    yield result, self._budget.count(result)
                self._refused.clear()
                is_done = not shard.rows
                if not is_done:
                    await self._create(shard)
            if not self._open and (is_done or self._is_over or self._stop is not None):
                break
            await self._sleep()
            if not self._open:
                self._is_full = False  # the rows that fill it belong to others
            for batch in [each for each in self._open if each.vendor_id is not None]:
                async with aclosing(self._polled(batch)) as results:
                    async for result in results:
                        yield result, self._budget.count(result)
        if self._held is not None:
            self._store.add_waiting(self._held)
        if self._stop is not None:
            raise self._stop

    def unanswered(self) -> Iterator[Question]:
        """Yield the questions that no batch has answered, for calls; see `has_calls`."""
        for stored in self._store.waiting(range(sys.maxsize)):
            question = self._question(stored)
            self._remaining.give_key(question, stored.key)
            yield question

    def _can_create(self) -> bool:
        if self._stop is not None or self._is_over or self._is_full:
            return False
        if any(each.vendor_id is None and not each.is_listed for each in self._open):
            return False  # the vendor does not respond
        most = self._limits.batch_tokens
        if most is not None and self._open and self._room() <= 0:
            return False
        try:
            self._budget.check()
        except ChatModelError as error:
            self._stop = error
        return self._stop is None

    def _room(self) -> int:
        most = self._limits.batch_tokens
        return sys.maxsize if most is None else most - sum(each.tokens for each in self._open)

    async def _next_shard(self, questions: Iterator[Question | RowResult]) -> "_Shard":
        """Return the rows of the next batch: those of earlier batches first, then new ones."""
        shard = _Shard(f"cm{token_hex(8)}")
        for row in self._store.waiting(range(ATTEMPTS)):
            if not await self._add(shard, row):
                return shard
        if self._held is not None:
            row, self._held = self._held, None
            if not await self._add(shard, row):
                self._held = row
                return shard
        for question in questions:
            if isinstance(question, RowResult):
                self._refused.append(question)
                continue
            place = self._remaining.place(question)
            id_ = f"{shard.name}-{place}"
            try:
                encoded, request = await self._calls.encode(id_, question.prompt)
            except ChatModelError as error:
                self._refuse(question, error)
                continue
            key = self._remaining.take_key(question)
            row = BatchedRow(place, question.row.id, key, request)
            if not await self._add(shard, row, encoded):
                self._held = row
                return shard
        return shard

    async def _add(self, shard: "_Shard", row: BatchedRow, encoded: bytes | None = None) -> bool:
        """Add a row to a shard if there is room; a row that no batch can have is refused."""
        if encoded is None:
            id_ = f"{shard.name}-{row.place}"
            encoded = await self._calls.encode_again(id_, row.request)
        limits = self._backend.limits
        room = min(limits.bytes, _MAX_BYTES)
        if len(encoded) > room:
            question = self._question(row)
            self._remaining.give_key(question, row.key)
            self._refuse(question, _too_long(len(encoded), room))
            return True
        tokens = 0
        if self._limits.batch_tokens is not None:
            tokens = estimated_tokens(stored_request(row.request))
        if shard.rows and (
            len(shard.rows) >= self._most_rows
            or shard.bytes + len(encoded) > room
            or shard.tokens + tokens > self._room()
        ):
            return False
        shard.rows.append(row)
        shard.encoded.append(encoded)
        shard.bytes += len(encoded) + 1
        shard.tokens += tokens
        if len(shard.rows) % _ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)
        return True

    def _refuse(self, question: Question, error: ChatModelError) -> None:
        self._refused.append(RowResult(row=question.row, sample=question.sample, error=error))

    async def _create(self, shard: "_Shard") -> None:
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
                self._most_rows = max(1, batch.rows // 2)
                self._refusals += batch.rows == 1
        elif error.code in STOPPING_CODES:
            self._stop = self._budget.hopeless(error)
        elif self._has_calls:
            self._is_over = True
        else:
            self._stop = error

    async def _sleep(self) -> None:
        spread = 1 + _JITTER * (2 * self._clock.share() - 1)
        await self._clock.sleep(self._pause * spread)
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
            async with aclosing(self._read(batch, status)) as results:
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
        if is_cancelled and self._stop is None:
            self._stop = self._budget.stopped(
                "the batches were cancelled", "run it again", None, requested=True
            )
        if not self._has_calls:
            for row in self._store.waiting(range(ATTEMPTS, sys.maxsize)):
                yield self._result(row, _unanswered())
            await asyncio.to_thread(self._flush)

    def _is_late(self, batch: OpenBatch) -> bool:
        return self._clock.now() - batch.created >= self._limits.batch_deadline

    async def _read(self, batch: OpenBatch, status: BatchStatus) -> AsyncGenerator[RowResult]:
        seen = set[int]()
        async with aclosing(self._backend.results(status)) as found:
            async for answer in found:
                row = self._row(batch, answer)
                if row is None or row.place in seen:
                    continue
                outcome = await self._calls.decode(answer, row.request)
                if isinstance(outcome, ChatModelError):
                    if outcome.code in STOPPING_CODES:
                        self._stop = self._stop or self._budget.hopeless(outcome)
                        continue
                    if is_retryable(outcome) and (self._has_calls or row.attempts + 1 < ATTEMPTS):
                        continue
                seen.add(row.place)
                yield self._result(row, outcome)

    def _row(self, batch: OpenBatch, answer: BatchAnswer) -> BatchedRow | None:
        """Return the row of an answer; None if it has none, or is not the answer to one."""
        name, _, place = answer.id.rpartition("-")
        if name != batch.name or not place.isdecimal() or answer.status is None:
            return None
        return self._store.row(batch.name, int(place))

    def _question(self, row: BatchedRow) -> Question:
        number, sample = divmod(row.place, self._samples)
        return Question(Row(number=number, id=row.id), sample, stored_request(row.request))

    def _result(self, row: BatchedRow, outcome: ChatResponse[Any] | ChatModelError) -> RowResult:
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


def _is_refusal(error: ChatModelError) -> bool:
    """Report whether a vendor has certainly not created a batch."""
    return error.status is not None and 400 <= error.status < 500 and error.status != _TIMEOUT


def _too_long(size: int, room: int) -> InvalidRequestError:
    return InvalidRequestError(
        f"the row has {size} bytes, and a batch has room for {room}; call the model instead"
    )


def _unanswered() -> CallTimeoutError:
    return CallTimeoutError(
        f"the row was in {ATTEMPTS} batches, and none of them has answered it; retry it, or use "
        "via='auto'"
    )

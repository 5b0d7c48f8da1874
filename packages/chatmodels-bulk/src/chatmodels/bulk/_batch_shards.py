"""Divides the questions of a run into batches, by the limits of rows, bytes and tokens."""

import asyncio
import sys
from collections.abc import Iterator
from secrets import token_hex

import msgspec

from chatmodels.bulk._batch_calls import BatchCalls, stored_request
from chatmodels.bulk._batch_rows import BatchRows
from chatmodels.bulk._batch_store import BatchedRow, BatchStore
from chatmodels.bulk._limits import Limits
from chatmodels.bulk._questions import Question
from chatmodels.bulk._remaining import Remaining
from chatmodels.bulk._results import RowResult
from chatmodels.core import ChatModelError, InvalidRequestError
from chatmodels.core.extending import estimated_tokens

ATTEMPTS = 3
"""The number of batches after which a row without an answer has failed."""

_MAX_BYTES = 64 * 1024 * 1024
_ROWS_AT_ONCE = 200  # rows that are encoded before other tasks run


class Shard(msgspec.Struct):
    """The rows of the next batch: encoded, and as they are stored.

    Attributes:
        name: The name of the batch.
        encoded: The rows as the vendor expects them.
        rows: The rows as they are stored.
        bytes: The size of the encoded rows.
        tokens: Their estimated input tokens; 0 if these are not limited.
        is_last: Whether the source has no further rows.
    """

    name: str
    encoded: list[bytes] = []
    rows: list[BatchedRow] = []
    bytes: int = 0
    tokens: int = 0
    is_last: bool = False


class Shards:
    """Takes the rows of the next batch: those of earlier batches first, then new ones.

    After a refusal, batches have fewer rows, until others have been read.

    Args:
        calls: Encodes rows.
        store: Has the rows of earlier batches that wait for another one.
        remaining: The keys of the questions.
        rows: Turns rows into questions.
        limits: The limits of batches.

    Attributes:
        refused: The results of questions that cannot be in a batch.
    """

    def __init__(
        self,
        calls: BatchCalls,
        store: BatchStore,
        remaining: Remaining,
        rows: BatchRows,
        limits: Limits,
    ) -> None:
        self._calls = calls
        self._store = store
        self._remaining = remaining
        self._rows = rows
        self._counts_tokens = limits.batch_tokens is not None
        self._most_bytes = min(calls.backend.limits.bytes, _MAX_BYTES)
        self._held: BatchedRow | None = None
        self._partial: Shard | None = None
        self._fewest = calls.backend.limits.fewest_rows
        self._limit = min(calls.backend.limits.rows, limits.batch_rows or sys.maxsize)
        self._most_rows = self._limit
        self.refused: list[RowResult] = []

    async def next(self, questions: Iterator[Question | RowResult], tokens: int, /) -> Shard | None:
        """Return the rows of the next batch; a shard without rows if no question is left.

        Args:
            questions: The new questions.
            tokens: The estimated input tokens for which there is room; the first row can exceed it.

        Returns:
            The rows; None if a question cannot be in a batch. Its result is in `refused`, and a
            further call goes on.
        """
        shard, self._partial = self._partial, None
        if shard is None:
            shard = Shard(f"cm{token_hex(8)}")
            for row in self._store.waiting(range(ATTEMPTS)):
                if not await self._add(shard, row, tokens):
                    return shard
            if self._held is not None:
                row, self._held = self._held, None
                if not await self._add(shard, row, tokens):
                    self._held = row
                    return shard
        for question in questions:
            if not await self._take(shard, question, tokens):
                return shard
            if self.refused:
                self._partial = shard
                await asyncio.sleep(0)
                return None
        shard.is_last = True
        return shard

    def shrink(self, rows: int, /) -> bool:
        """Divide the next batches in two; report whether that is possible.

        Args:
            rows: The rows of the batch that was refused.
        """
        half = rows // 2
        if half < self._fewest:
            return False
        self._most_rows = half
        return True

    def grow(self) -> None:
        """Double the rows of the next batches, up to the limit, after one was read."""
        self._most_rows = min(self._limit, self._most_rows * 2)

    def put_back(self, shard: Shard, /) -> None:
        """Let the rows of a batch that is not created wait for another one."""
        self._store.add_waiting(shard.rows)

    def close(self) -> None:
        """Store the row that was read, but is in no batch yet."""
        if self._held is not None:
            self._store.add_waiting([self._held])

    async def _take(self, shard: Shard, question: Question | RowResult, room: int) -> bool:
        """Add a question to a shard, or refuse it; without room, the next shard begins with it."""
        if isinstance(question, RowResult):
            self.refused.append(question)
            return True
        place = self._remaining.place(question)
        try:
            encoded, request = await self._calls.encode(f"{shard.name}-{place}", question.prompt)
        except ChatModelError as error:
            self._refuse(question, error)
            return True
        row = BatchedRow(place, question.row.id, self._remaining.take_key(question), request)
        has_room = await self._add(shard, row, room, encoded)
        if not has_room:
            self._held = row
        return has_room

    async def _add(
        self, shard: Shard, row: BatchedRow, room: int, encoded: bytes | None = None
    ) -> bool:
        """Add a row to a shard if there is room; a row that no batch can have is refused."""
        if encoded is None:
            id_ = f"{shard.name}-{row.place}"
            encoded = await self._calls.encode_again(id_, row.request)
        if len(encoded) > self._most_bytes:
            self._refuse(self._rows.question(row), _too_long(len(encoded), self._most_bytes))
            return True
        tokens = estimated_tokens(stored_request(row.request)) if self._counts_tokens else 0
        if shard.rows and (
            len(shard.rows) >= self._most_rows
            or shard.bytes + len(encoded) > self._most_bytes
            or shard.tokens + tokens > room
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
        self.refused.append(RowResult(row=question.row, sample=question.sample, error=error))


def _too_long(size: int, room: int) -> InvalidRequestError:
    return InvalidRequestError(
        f"the row has {size} bytes, and a batch has room for {room}; call the model instead"
    )

"""The batches of a run and their rows, in the file of the run."""

from collections.abc import Iterator, Sequence

import msgspec

from chatmodels.bulk._storage import Connection

_PAGE = 500


class OpenBatch(msgspec.Struct):
    """A batch whose answers have not been read.

    Attributes:
        name: Its name, with which the ids of its rows begin.
        vendor_id: The vendor's id; None as long as its creation has an unknown outcome.
        created: The time at which it was recorded, in seconds since the epoch.
        rows: The number of its rows.
        tokens: The estimated input tokens of its rows.
        is_cancelled: Whether the user had cancelled it before this run began.
        is_stopping: Whether this run has cancelled it at the vendor, if that is possible.
        is_to_cancel: Whether it was cancelled while the vendor's id was not known.
        is_listed: Whether the vendor lists a batch that can be this one, if the outcome is unknown.
        missed: The time at which this run did not find it in the vendor's listing for the first
            time, in seconds since the epoch.
        failures: The number of requests about it that have failed in a row.
    """

    name: str
    vendor_id: str | None
    created: float
    rows: int
    tokens: int
    is_cancelled: bool = False
    is_stopping: bool = False
    is_to_cancel: bool = False
    is_listed: bool = False
    missed: float | None = None
    failures: int = 0


class BatchedRow(msgspec.Struct, frozen=True):
    """A row that is in a batch, or waits for one.

    Attributes:
        place: Its place in the run.
        id: The id of the row in the source.
        key: The key of its request.
        request: The request as JSON.
        attempts: The number of batches of this run that have ended without its answer.
    """

    place: int
    id: str
    key: bytes
    request: bytes
    attempts: int = 0


class BatchStore:
    """Records batches before they are created, and their rows until they have a result.

    Args:
        connection: The connection to the file of the run.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def batches(self) -> list[OpenBatch]:
        """Return the batches whose answers have not been read, the oldest first."""
        rows = self._connection.execute(
            "SELECT name, vendor_id, created, rows, tokens, cancelled FROM batch ORDER BY created"
        ).fetchall()
        return [OpenBatch(*row[:5], is_cancelled=bool(row[5])) for row in rows]

    def count(self) -> int:
        """Count the rows that are in batches, or wait for one."""
        return self._connection.execute("SELECT count(*) FROM batched").fetchone()[0]

    def intend(self, batch: OpenBatch, rows: Sequence[BatchedRow], /) -> None:
        """Record a batch and its rows, before it is created."""
        with self._connection:
            self._connection.execute(
                "INSERT INTO batch (name, created, rows, tokens) VALUES (?, ?, ?, ?)",
                (batch.name, batch.created, batch.rows, batch.tokens),
            )
            self._add(rows, batch.name)

    def add_waiting(self, rows: Sequence[BatchedRow], /) -> None:
        """Record rows that are in no batch."""
        with self._connection:
            self._add(rows, None)

    def set_created(self, name: str, vendor_id: str, /) -> None:
        """Record the vendor's id of a batch."""
        with self._connection:
            self._connection.execute(
                "UPDATE batch SET vendor_id = ? WHERE name = ?", (vendor_id, name)
            )

    def forget(self, name: str, /) -> None:
        """Remove a batch that the vendor has not processed; its rows wait for another one."""
        self._remove(name, 0)

    def close(self, name: str, /) -> None:
        """Remove a batch whose answers have been read; the other rows wait for another one."""
        self._remove(name, 1)

    def cancel_all(self) -> None:
        """Record that the user has cancelled all batches."""
        with self._connection:
            self._connection.execute("UPDATE batch SET cancelled = 1")

    def is_cancelled(self, name: str, /) -> bool:
        """Report whether the user has cancelled a batch."""
        rows = self._connection.execute(
            "SELECT 1 FROM batch WHERE name = ? AND cancelled = 1", (name,)
        )
        return rows.fetchone() is not None

    def row(self, name: str, place: int, /) -> BatchedRow | None:
        """Return a row of a batch; None if the batch has no such row without a result."""
        row = self._connection.execute(
            "SELECT place, id, key, request, attempts FROM batched WHERE place = ? AND batch = ?",
            (place, name),
        ).fetchone()
        return None if row is None else BatchedRow(*row)

    def waiting(self, attempts: range, /) -> Iterator[BatchedRow]:
        """Yield the rows that are in no batch, in their order; they can be removed meanwhile.

        Args:
            attempts: The numbers of attempts that they can have.
        """
        place = -1
        while True:
            page = self._connection.execute(
                "SELECT place, id, key, request, attempts FROM batched WHERE batch IS NULL "
                "AND attempts >= ? AND attempts < ? AND place > ? ORDER BY place LIMIT ?",
                (attempts.start, attempts.stop, place, _PAGE),
            ).fetchall()
            if not page:
                return
            place = page[-1][0]
            yield from (BatchedRow(*row) for row in page)

    def remove_waiting(self) -> None:
        """Remove the rows that are in no batch, so that the run reads them from its source."""
        with self._connection:
            self._connection.execute("DELETE FROM batched WHERE batch IS NULL")

    def clear(self) -> None:
        """Remove all batches and rows."""
        with self._connection:
            self._connection.execute("DELETE FROM batch")
            self._connection.execute("DELETE FROM batched")

    def _add(self, rows: Sequence[BatchedRow], name: str | None) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO batched (place, id, key, request, batch, attempts) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            ((row.place, row.id, row.key, row.request, name, row.attempts) for row in rows),
        )

    def _remove(self, name: str, attempts: int) -> None:
        with self._connection:
            self._connection.execute("DELETE FROM batch WHERE name = ?", (name,))
            self._connection.execute(
                "UPDATE batched SET batch = NULL, attempts = attempts + ? WHERE batch = ?",
                (attempts, name),
            )

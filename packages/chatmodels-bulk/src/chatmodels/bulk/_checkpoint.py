"""The file of a run: an SQLite database with its facts, results and batches."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import msgspec

from chatmodels.bulk._storage import Connection, connect, connect_to_read
from chatmodels.core import ConfigurationError

FORMAT = 1

_PAGE = 1_000
_RESULTS = 50  # of a page: each can be long
_COST_UNIT = Decimal("1e-12")
_COST_UNITS = Decimal(10**12)

SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS run (
    format INTEGER NOT NULL, model TEXT NOT NULL, options BLOB NOT NULL, samples INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS result (
    place INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    key BLOB NOT NULL,
    failed INTEGER NOT NULL,
    value BLOB NOT NULL,
    input INTEGER,
    output INTEGER,
    cost INTEGER
);
CREATE TABLE IF NOT EXISTS batch (
    name TEXT PRIMARY KEY,
    vendor_id TEXT,
    created REAL NOT NULL,
    rows INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    cancelled INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS batched (
    place INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    key BLOB NOT NULL,
    request BLOB NOT NULL,
    batch TEXT,
    attempts INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS batched_by_batch ON batched (batch);
"""
"""The tables.

A committed row survives a loss of power: FULL writes the log to the disk at each commit.
"""


class RunFacts(msgspec.Struct, frozen=True):
    """The facts of a run, by which a later one explains why it does not match.

    Attributes:
        model: The model, as `"provider:model"`.
        options: The hash of the model and the options.
        samples: The number of samples of each row.
        format: The version of the tables.
    """

    model: str
    options: bytes
    samples: int
    format: int = FORMAT


class Stored(msgspec.Struct, frozen=True):
    """A stored result; `place` is the number of the row times the samples, plus the sample.

    `cost` is in units of 1e-12 of the currency, so that SQLite adds it up exactly.
    """

    place: int
    id: str
    key: bytes
    failed: bool
    value: bytes
    input: int | None = None
    output: int | None = None
    cost: int | None = None

    def columns(self) -> tuple[int | str | bytes | None, ...]:
        """Return the values of its columns."""
        # Not a bool, for which the adapters of `sqlite3` are searched each time.
        failed = int(self.failed)
        return (
            *(self.place, self.id, self.key, failed),
            *(self.value, self.input, self.output, self.cost),
        )

    @property
    def amount(self) -> Decimal | None:
        """The cost in the currency; None if it is unknown."""
        return None if self.cost is None else Decimal(self.cost) * _COST_UNIT


def _stored(row: Sequence[Any]) -> Stored:
    place, id_, key, failed, *others = row
    return Stored(place, id_, key, bool(failed), *others)  # SQLite has no booleans


class Totals(msgspec.Struct, frozen=True):
    """Sums over all stored results."""

    answered: int
    failed: int
    input: int | None
    output: int | None
    cost: Decimal
    unpriced: int


class Spread(msgspec.Struct, frozen=True):
    """Sums over the rows whose samples all have results, in which a failed result counts as 0.

    Attributes:
        count: The number of rows.
        total: The sum.
        squares: The sum of the squares.
    """

    count: int
    total: float
    squares: float


def to_units(amount: Decimal | None, /) -> int | None:
    """Return an amount of money as it is stored."""
    return None if amount is None else int(amount * _COST_UNITS)


class Checkpoint:
    """The file of a run, except for its results, which the journal writes.

    Args:
        path: The file.
        is_read: Whether it is only read, which a read-only medium allows.

    Raises:
        ConfigurationError: The file is damaged, or a later version of chatmodels wrote it.
    """

    def __init__(self, path: Path, *, is_read: bool = False) -> None:
        self.path = path
        self._connection = (connect_to_read if is_read else connect)(path, SCHEMA)

    @property
    def connection(self) -> Connection:
        """The connection to the file."""
        return self._connection

    def facts(self) -> RunFacts | None:
        """Return the facts of the run; None before its first start."""
        row = self._connection.execute("SELECT model, options, samples, format FROM run").fetchone()
        if row is None:
            return None
        if row[3] > FORMAT:
            raise ConfigurationError(
                f"{self.path} has the format {row[3]}, and this version of chatmodels-bulk knows "
                f"{FORMAT}; update it",
                op="bulk",
            )
        return RunFacts(*row)

    def set_facts(self, facts: RunFacts) -> None:
        """Store the facts of the run, in place of others."""
        with self._connection:
            self._connection.execute("DELETE FROM run")
            self._connection.execute(
                "INSERT INTO run (model, options, samples, format) VALUES (?, ?, ?, ?)",
                msgspec.structs.astuple(facts),
            )

    def totals(self) -> Totals:
        """Add up all results."""
        row = self._connection.execute(
            "SELECT count(*) - coalesce(sum(failed), 0), coalesce(sum(failed), 0), sum(input), "
            "sum(output), coalesce(sum(cost), 0), coalesce(sum(failed = 0 AND cost IS NULL), 0) "
            "FROM result"
        ).fetchone()
        answered, failed, given, output, cost, unpriced = row
        return Totals(answered, failed, given, output, Decimal(cost) * _COST_UNIT, unpriced)

    def spread(self, column: Literal["input", "output", "cost"], samples: int) -> Spread | None:
        """Add up one amount of the rows; None if that of a response is unknown."""
        # The samples of a row are alike, so that only rows are independent of each other.
        row = self._connection.execute(
            f"""
            SELECT count(*), total(amount), total(amount * amount), total(unknown) FROM (
                SELECT
                    total({column}) AS amount, sum(failed = 0 AND {column} IS NULL) AS unknown
                FROM result GROUP BY place / ? HAVING count(*) = ?
            )
            """,  # noqa: S608 - it is one of three names
            (samples, samples),
        ).fetchone()
        unit = float(_COST_UNIT) if column == "cost" else 1.0
        return None if row[3] else Spread(row[0], row[1] * unit, row[2] * unit * unit)

    def results(self, *, failed: bool | None = None) -> Iterator[Stored]:
        """Return the results in the order of the rows, a page at a time."""
        place = -1
        while True:
            page = self._connection.execute(
                "SELECT place, id, key, failed, value, input, output, cost FROM result "
                "WHERE place > ? AND failed = coalesce(?, failed) ORDER BY place LIMIT ?",
                (place, failed, _RESULTS),
            ).fetchall()
            if not page:
                return
            yield from map(_stored, page)
            place = page[-1][0]

    def result(self, place: int) -> Stored | None:
        """Return the result at a place; None if there is none."""
        row = self._connection.execute(
            "SELECT place, id, key, failed, value, input, output, cost FROM result WHERE place = ?",
            (place,),
        ).fetchone()
        return None if row is None else _stored(row)

    def end(self) -> int:
        """Return the place behind the last result."""
        return self._connection.execute(
            "SELECT coalesce(max(place) + 1, 0) FROM result"
        ).fetchone()[0]

    def count_failed(self, end: int) -> int:
        """Count the failed results before a place."""
        return self._connection.execute(
            "SELECT count(*) FROM result WHERE failed AND place < ?", (end,)
        ).fetchone()[0]

    def known(self) -> "KnownKeys":
        """Return the keys of the results, for rows in their order."""
        return KnownKeys(self._connection)

    def count_from(self, place: int) -> int:
        """Count the results at a place and behind it."""
        return self._connection.execute(
            "SELECT count(*) FROM result WHERE place >= ?", (place,)
        ).fetchone()[0]

    def remove_from(self, place: int) -> None:
        """Remove the results at a place and behind it."""
        with self._connection:
            self._connection.execute("DELETE FROM result WHERE place >= ?", (place,))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class KnownKeys:
    """Looks up the keys of the results by their places, which have to ascend.

    A page is read at a time, so that no transaction is open while a run adds results.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._end = 0
        self._page: dict[int, tuple[bytes, bool]] = {}

    def get(self, place: int) -> tuple[bytes, bool] | None:
        """Return the key of a result and whether it failed; None if there is none.

        A row that waits in a batch counts as a result that has not failed.
        """
        if place >= self._end:
            self._end = place + _PAGE
            rows = self._connection.execute(
                "SELECT place, key, failed FROM result WHERE place >= ? AND place < ?",
                (place, self._end),
            ).fetchall()
            self._page = {row[0]: (row[1], bool(row[2])) for row in rows}
            # A row in a batch replaces its result when it is answered.
            waiting = self._connection.execute(
                "SELECT place, key FROM batched WHERE place >= ? AND place < ?",
                (place, self._end),
            ).fetchall()
            self._page |= {row[0]: (row[1], False) for row in waiting}
        return self._page.get(place)

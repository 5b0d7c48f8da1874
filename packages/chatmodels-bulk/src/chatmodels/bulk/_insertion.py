"""Inserts many rows into a table with few statements."""

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

from chatmodels.bulk._storage import Connection

# SQLite prepares each of them once. Before 3.32, it accepts 999 values in a statement.
_SIZES = (25, 5, 1)


def insert_rows(connection: Connection, table: str, rows: Sequence[tuple[Any, ...]], /) -> None:
    """Insert rows, which replace those with the same key.

    `executemany` would release the lock of the interpreter for each row, and then wait until the
    thread of the event loop releases it.

    Args:
        connection: The database.
        table: The name of the table.
        rows: The values of all columns of each row.

    Raises:
        ConfigurationError: They cannot be written.
    """
    start = 0
    for size in _SIZES:
        while len(rows) - start >= size:
            group = rows[start : start + size]
            statement = _statement(table, len(group[0]), size)
            connection.execute(statement, tuple(chain.from_iterable(group)))
            start += size


@cache
def _statement(table: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"INSERT OR REPLACE INTO {table} VALUES {', '.join([row] * rows)}"  # noqa: S608 - the program names the table

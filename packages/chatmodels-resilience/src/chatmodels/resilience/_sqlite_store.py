"""The store of a cache in an SQLite file."""

import os
import time
from collections.abc import Callable
from functools import partial
from os import PathLike, fspath
from sqlite3 import Connection, connect
from threading import Lock
from typing import Any, Self

from chatmodels.core import ChatResponse, from_json, to_json
from chatmodels.resilience._memory_store import check_limits

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS responses (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    stored REAL NOT NULL,
    response BLOB NOT NULL
);
"""


class SqliteStore:
    """A store in an SQLite file, which threads and processes can share.

    The responses are in the file as JSON, the requests only as hashes. The file is opened at the
    first use. `close`, or the end of a `with` block, closes it; the next use opens it again. It is
    closed as well when nothing refers to the store any more.

    Args:
        path: The path of the file, which is created if it does not exist.
        max_entries: The number of responses to keep; the oldest ones are removed.
        ttl: Seconds for which a response is valid; None for any time.
        clock: Returns the time in Unix seconds.

    Raises:
        ConfigurationError: A number is out of range.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        max_entries: int = 100_000,
        ttl: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        # By process: SQLite permits no forked one to use or close a connection of its parent.
        self._connections: dict[int, Connection] = {}
        self._locks: dict[int, Lock] = {}
        check_limits("SqliteStore", max_entries, ttl)
        self.path = fspath(path)
        self.max_entries = max_entries
        self.ttl = ttl
        self._clock = clock

    def get(self, key: str, /) -> ChatResponse[Any] | None:
        """Return the response that is stored under a key, or None.

        Raises:
            sqlite3.Error: The file cannot be read.
            InvalidRequestError: A later version of chatmodels wrote the response.
        """
        oldest = 0.0 if self.ttl is None else self._clock() - self.ttl
        with self._lock():
            row = (
                self._open()
                .execute(
                    "SELECT response FROM responses WHERE key = ? AND stored > ?", (key, oldest)
                )
                .fetchone()
            )
        return None if row is None else from_json(row[0], ChatResponse)

    def put(self, key: str, response: ChatResponse[Any], /) -> None:
        """Store a response under a key, and remove the oldest ones.

        Raises:
            sqlite3.Error: The file cannot be written.
        """
        row = key, self._clock(), to_json(response)
        with self._lock(), self._open() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO responses (key, stored, response) VALUES (?, ?, ?)", row
            )
            connection.execute(
                "DELETE FROM responses WHERE number <= (SELECT max(number) FROM responses) - ?",
                (self.max_entries,),
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock():
            connection = self._connections.pop(os.getpid(), None)
            if connection is not None:
                connection.close()

    def __del__(self) -> None:
        self.close()  # a store that a config file declares no more has no other owner

    def _lock(self) -> Lock:
        return self._locks.setdefault(os.getpid(), Lock())

    def _open(self) -> Connection:
        process = os.getpid()
        connection = self._connections.get(process)
        if connection is None:
            connection = self._connections[process] = connect(self.path, check_same_thread=False)
            connection.executescript(_SCHEMA)
        return connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"SqliteStore({self.path!r})"

    def __reduce__(self) -> Any:
        """Pickle the configuration; another process opens the file itself."""
        options = {"max_entries": self.max_entries, "ttl": self.ttl, "clock": self._clock}
        return partial(SqliteStore, **options), (self.path,)

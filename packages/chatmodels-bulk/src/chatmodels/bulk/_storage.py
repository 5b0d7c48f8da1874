"""The files of a run: a failure to read or write one is an error of chatmodels, with a remedy."""

import sqlite3
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

from chatmodels.core import ConfigurationError

_BUSY_SECONDS = 60.0
_PRIMARY = 0xFF  # of the extended codes of SQLite

_SPACE = "free disk space, and run it again"
_ACCESS = "make its folder writable, or copy the folder to a place that is"
_DAMAGE = "restore it from a copy, or move the folder away to begin anew"
_REMEDIES = {
    sqlite3.SQLITE_FULL: _SPACE,
    sqlite3.SQLITE_IOERR: "free disk space or repair the disk, and run it again",
    sqlite3.SQLITE_READONLY: _ACCESS,
    sqlite3.SQLITE_CANTOPEN: _ACCESS,
    sqlite3.SQLITE_PERM: _ACCESS,
    sqlite3.SQLITE_CORRUPT: _DAMAGE,
    sqlite3.SQLITE_NOTADB: _DAMAGE,
    sqlite3.SQLITE_BUSY: "close the program that uses it, and run it again",
}


class Connection(sqlite3.Connection):
    """A connection whose errors are `ConfigurationError`."""

    path: Path

    def execute(self, *arguments: Any) -> "Cursor":
        """Execute a statement."""
        return super().cursor(Cursor).execute(*arguments)

    def executemany(self, *arguments: Any) -> "Cursor":
        """Execute a statement several times."""
        return super().cursor(Cursor).executemany(*arguments)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> Literal[False]:
        """End a transaction."""
        with database_errors(self.path):
            return super().__exit__(kind, error, traceback)


class Cursor(sqlite3.Cursor):
    """A cursor whose errors are `ConfigurationError`."""

    def execute(self, *arguments: Any) -> Self:
        """Execute a statement."""
        with self._errors():
            return super().execute(*arguments)

    def executemany(self, *arguments: Any) -> Self:
        """Execute a statement several times."""
        with self._errors():
            return super().executemany(*arguments)

    def fetchone(self) -> Any:
        """Return the next row; None behind the last one."""
        with self._errors():
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        """Return the other rows."""
        with self._errors():
            return super().fetchall()

    def _errors(self) -> AbstractContextManager[None]:
        connection = self.connection
        assert isinstance(connection, Connection), "it has created the cursor"
        return database_errors(connection.path)


def connect(path: Path, schema: str, /) -> Connection:
    """Open a database to read and write, with its tables created if need be.

    Raises:
        ConfigurationError: It is damaged, or cannot be written.
    """
    connection = _connect(path, f"{_uri(path)}?mode=rwc")
    try:
        with database_errors(path):
            connection.executescript(schema)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path, schema: str, /) -> Connection:
    """Open a database to read, also on a read-only medium.

    Raises:
        ConfigurationError: It is damaged, or cannot be read.
    """
    try:
        return connect(path, schema)
    except ConfigurationError as error:
        if not _is_read_only(error):
            raise
        with suppress(OSError):
            if path.with_name(path.name + "-wal").stat().st_size:
                raise  # the rest of the results is there, and would be left out
        # SQLite cannot create the files that it needs beside one that others can write.
        return _connect(path, f"{_uri(path)}?immutable=1")


def unwritable(path: Path, error: OSError, remedy: str, /) -> ConfigurationError:
    """Return the error for a file or folder that cannot be written."""
    return ConfigurationError(f"{path} cannot be written: {error}; {remedy}", op="bulk")


@contextmanager
def database_errors(path: Path, /) -> Generator[None]:
    """Turn errors of SQLite into those of chatmodels."""
    try:
        yield
    except sqlite3.Error as error:
        remedy = _REMEDIES.get(_code(error), "repair its folder, and run it again")
        raise ConfigurationError(
            f"the results in {path} cannot be read or written: {error}; {remedy}", op="bulk"
        ) from error


def _connect(path: Path, uri: str) -> Connection:
    with database_errors(path):
        connection = sqlite3.connect(
            uri, timeout=_BUSY_SECONDS, check_same_thread=False, factory=Connection, uri=True
        )
    connection.path = path
    return connection


def _uri(path: Path) -> str:
    return f"file:{quote(str(path))}"


def _is_read_only(error: ConfigurationError) -> bool:
    cause = error.__cause__
    return isinstance(cause, sqlite3.Error) and _REMEDIES.get(_code(cause)) == _ACCESS


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY

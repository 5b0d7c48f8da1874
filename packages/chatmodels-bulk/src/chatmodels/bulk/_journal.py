"""The thread that writes the results of a run."""

from contextlib import closing
from pathlib import Path
from threading import Condition, RLock, Thread

from chatmodels.bulk._checkpoint import SCHEMA, Stored
from chatmodels.bulk._insertion import insert_rows
from chatmodels.bulk._storage import connect

_COMMIT_ROWS = 200
_COMMIT_SECONDS = 0.1


class Journal:
    """Writes results from a thread of its own: by the clock, not when the run has time for it.

    Results are committed after a tenth of a second, or when 200 of them wait.

    Args:
        path: The file of the run.
        removes_batched: Whether a row with a result no longer waits in a batch; both are committed
            together.
    """

    def __init__(self, path: Path, *, removes_batched: bool = False) -> None:
        self._path = path
        self._removes_batched = removes_batched
        self._waiting: list[Stored] = []
        self._lock = RLock()
        self._changed = Condition(self._lock)
        self._closed = False
        self._is_flushing = False
        self._put = 0
        self._committed = 0
        self._failure: Exception | None = None
        self._thread = Thread(target=self._write, name="chatmodels-bulk-journal", daemon=True)
        self._thread.start()

    def put(self, result: Stored) -> None:
        """Store a result soon.

        Raises:
            ConfigurationError: Earlier results could not be written.
        """
        with self._lock:  # that of the condition, whose methods take time for each row
            self._check()
            self._waiting.append(result)
            self._put += 1
            if len(self._waiting) in (1, _COMMIT_ROWS):
                self._changed.notify_all()

    def flush(self) -> None:
        """Wait until all results are committed.

        Raises:
            ConfigurationError: They could not be written.
        """
        with self._changed:
            self._is_flushing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._failure or self._committed == self._put)
            self._is_flushing = False
            self._check()

    def close(self) -> None:
        """Commit all results.

        Raises:
            ConfigurationError: They could not be written.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _write(self) -> None:
        try:
            with closing(connect(self._path, SCHEMA)) as connection:
                while results := self._next():
                    with connection:
                        rows = [result.columns() for result in results]
                        insert_rows(connection, "result", rows)
                        if self._removes_batched:
                            connection.executemany(
                                "DELETE FROM batched WHERE place = ?",
                                ((result.place,) for result in results),
                            )
                    with self._changed:
                        self._committed += len(results)
                        self._changed.notify_all()
        except Exception as error:
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _next(self) -> list[Stored]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            self._changed.wait_for(
                lambda: self._closed or self._is_flushing or len(self._waiting) >= _COMMIT_ROWS,
                _COMMIT_SECONDS,
            )
            results, self._waiting = self._waiting, []
        return results

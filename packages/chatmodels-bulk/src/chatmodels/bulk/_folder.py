"""The folder of a run, beside its output: the checkpoint and the lock."""

import os
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from os import PathLike, fspath
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from chatmodels.bulk._storage import unwritable
from chatmodels.core import ConfigurationError

_PROBE_SECONDS = 0.2
_LOOK_SECONDS = 0.05


class RunOwner(msgspec.Struct, frozen=True):
    """The process that writes to a run.

    Attributes:
        process: The number of the process.
        host: The name of its machine.
    """

    process: int
    host: str

    @property
    def is_local(self) -> bool:
        """True if the process runs on this machine."""
        return self.host == socket.gethostname()

    def __str__(self) -> str:
        return f"process {self.process} on {self.host}"


class RunFolder:
    """The folder of a run: `answers.jsonl` has `answers.jsonl.run`."""

    def __init__(self, to: str | PathLike[str]) -> None:
        self.target = Path(fspath(to)).absolute()
        self.path = self.target.with_name(self.target.name + ".run")
        self.checkpoint = self.path / "results.db"
        self._stop = self.path / "stop"
        self._owner_file = self.path / "owner"
        self._is_stop_requested = False
        self._next_look = 0.0

    def refuse_missing(self) -> None:
        """Check that there is a run.

        Raises:
            ConfigurationError: There is none.
        """
        if not self.checkpoint.is_file():
            raise ConfigurationError(
                f"there is no run in {self.path}; pass the output of a run", op="bulk"
            )

    @contextmanager
    def locked(self) -> Generator[None]:
        """Be the only run that writes to the folder, which is created if need be.

        Raises:
            ConfigurationError: Another process has it, or it cannot be written.
        """
        lock = self._lock()
        with self._writing():
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                # `owner` has the lock for a moment, which is no run.
                lock.acquire(timeout=_PROBE_SECONDS)
            except Timeout:
                raise ConfigurationError(
                    f"{self.path} is in use by {self._owner() or 'another process'}; wait for it, "
                    "or choose another output",
                    op="bulk",
                ) from None
        try:
            with self._writing():
                self._stop.unlink(missing_ok=True)
                owner = RunOwner(os.getpid(), socket.gethostname())
                new = self.path / "owner.tmp"
                new.write_bytes(msgspec.json.encode(owner))
                new.replace(self._owner_file)
            yield
        finally:
            with suppress(OSError):  # an owner without a lock is none
                self._owner_file.unlink(missing_ok=True)
            lock.release()

    def owner(self) -> RunOwner | None:
        """Return the process that writes to the folder; None if none does or it is unknown."""
        found = self._owner()
        if found is None:  # it is there from the beginning to the end of a run
            return None
        lock = self._lock()
        try:
            # For longer than another process looks, which does not write to the folder.
            lock.acquire(timeout=_PROBE_SECONDS)
        except Timeout:
            return found
        except OSError:  # of a read-only medium, to which this machine does not write
            return None
        lock.release()
        return None

    def request_stop(self) -> None:
        """Let the process that writes to the folder stop, wherever it runs."""
        self._stop.touch()

    def is_stop_requested(self) -> bool:
        """Report whether the process that writes to the folder is to stop.

        It looks twenty times a second: a look for each call lets other threads interrupt this one.
        """
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + _LOOK_SECONDS
            self._is_stop_requested = self._stop.exists()
        return self._is_stop_requested

    @contextmanager
    def _writing(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            remedy = "free disk space, make it writable or choose another output"
            raise unwritable(self.path, error, remedy) from error

    def _lock(self) -> FileLock:
        # Not shared by threads: two runs in one process exclude each other, too.
        return FileLock(self.path / "lock", is_singleton=False, thread_local=False)

    def _owner(self) -> RunOwner | None:
        try:
            return msgspec.json.decode(self._owner_file.read_bytes(), type=RunOwner)
        except (OSError, msgspec.DecodeError):
            return None


def is_same_file(one: Path, other: Path, /) -> bool:
    """Report whether two paths are those of one file, which can be missing."""
    try:
        return one.samefile(other)
    except OSError:
        return one.resolve() == other.resolve()

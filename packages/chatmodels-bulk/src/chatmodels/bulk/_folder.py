"""The folder of a run, beside its output: the checkpoint and the lock."""

import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path

from filelock import FileLock, Timeout

from chatmodels.core import ConfigurationError


class RunFolder:
    """The folder of a run: `answers.jsonl` has `answers.jsonl.run`."""

    def __init__(self, to: str | PathLike[str]) -> None:
        self.target = Path(fspath(to)).absolute()
        self.path = self.target.with_name(self.target.name + ".run")
        self.checkpoint = self.path / "results.db"

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
            ConfigurationError: Another process has it, or it cannot be created.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"the folder {self.path} cannot be created: {error}; choose another output",
                op="bulk",
            ) from error
        owner = self.path / "owner"
        # Not shared by threads: two runs in one process exclude each other, too.
        lock = FileLock(self.path / "lock", timeout=0, is_singleton=False, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            known = owner.read_text("utf-8") if owner.exists() else "another process"
            raise ConfigurationError(
                f"{self.path} is in use by {known}; wait for it, or choose another output",
                op="bulk",
            ) from None
        try:
            owner.write_text(f"process {os.getpid()} on {socket.gethostname()}", "utf-8")
            yield
        finally:
            lock.release()

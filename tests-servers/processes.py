"""Starts and ends the process of a server."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from chatmodels.core import ChatModelError
from chatmodels.http import wait_until_ready


def free_port() -> int:
    """Return a port of loopback on which no server listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Process:
    """A server that runs until `end`; its output goes to a file.

    Args:
        command: The program and its arguments.
        env: The environment variables; None for those of this process.
        cwd: The working folder; None for that of this process.
    """

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> None:
        self._log = tempfile.NamedTemporaryFile(prefix="server-", suffix=".log", delete=False)  # noqa: SIM115 - `end` closes it
        self._process = subprocess.Popen(
            command,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,  # with the processes that it starts, as vLLM does
        )

    def wait_until_ready(self, provider: str, **options: object) -> None:
        """Wait until the server lists its models.

        Raises:
            RuntimeError: The server ended, with its last output.
        """

        def check(_: ChatModelError) -> None:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended:\n{self.output()[-4000:]}")

        wait_until_ready(provider, within=900.0, on_wait=check, **options)

    def output(self) -> str:
        """Return what the server has written."""
        return Path(self._log.name).read_text("utf-8", errors="replace")

    def kill(self) -> None:
        """End the process and those that it has started at once, as a crash does."""
        self._kill_group()
        self._process.wait()

    def end(self) -> None:
        """End the process and those that it has started, and remove its output."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        self.kill()
        self._log.close()
        Path(self._log.name).unlink()

    def _kill_group(self) -> None:
        if sys.platform == "win32":
            self._process.kill()
            return
        with contextlib.suppress(ProcessLookupError):  # all of them have ended
            os.killpg(self._process.pid, signal.SIGKILL)

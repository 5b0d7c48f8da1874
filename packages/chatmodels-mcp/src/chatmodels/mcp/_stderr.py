"""The stderr of a server: written to the log, and its end kept for error messages."""

import os
import secrets
from collections import deque
from collections.abc import Iterable
from threading import Thread
from types import TracebackType
from typing import BinaryIO, Self, TextIO

from chatmodels.core.extending import logger
from chatmodels.mcp._masking import masked

_LONGEST_LINE = 8_192  # bytes
_KEPT_LINES = 20


class StderrLog:
    """A pipe for the stderr of a process, and the thread that reads it.

    Args:
        secrets: The texts that are not logged.
    """

    def __init__(self, secrets: Iterable[str], /) -> None:
        self._secrets = tuple(secrets)
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)

    def __enter__(self) -> Self:
        reading, writing = os.pipe()
        self.file: TextIO = os.fdopen(writing, "w", encoding="utf-8")
        # A process that outlives the server can keep the pipe open; this line ends the reading.
        self._end = f"\n{secrets.token_hex(16)}\n"
        self._thread = Thread(
            target=self._read, args=(os.fdopen(reading, "rb"),), name="chatmodels-mcp-stderr"
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self.file:
            self.file.write(self._end)
        self._thread.join()

    def tail(self) -> str:
        """Return the last lines."""
        return "\n".join(self._lines)

    def _read(self, file: BinaryIO) -> None:
        end = self._end.strip().encode()
        log = logger("chatmodels.mcp.stderr")
        with file:
            while (line := file.readline(_LONGEST_LINE)) and line.strip() != end:
                text = masked(line.decode(errors="replace").rstrip(), self._secrets)
                if text:
                    self._lines.append(text)
                    log.debug("%s", text)

"""Corrections of the usage on a server, sent by a thread that ends when all are sent."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Condition, Thread

Change = tuple[str, str, int]
"""The name of a key, a field in it, and the number to add."""


class Corrections:
    """The corrections of one process that are not sent yet.

    A forked process needs another object: its parent sends these, and a lock that a thread of the
    parent holds is never released in it.

    Args:
        send: Sends the corrections of one key, in a thread.

    Attributes:
        process: The id of the process.
    """

    def __init__(self, send: Callable[[str, Sequence[str | int]], None]) -> None:
        self.process = os.getpid()
        self._send = send
        self._changes: list[Change] = []
        self._sender: Thread | None = None
        self._sending = Condition()

    def add(self, changes: Sequence[Change]) -> None:
        """Send corrections soon, without a wait."""
        with self._sending:
            self._changes.extend(changes)
            if not self._is_sending():
                self._sender = Thread(target=self._send_all, name="chatmodels-limits")
                with suppress(RuntimeError):  # while the interpreter ends, no thread can start
                    self._sender.start()

    def flush(self) -> None:
        """Wait until all are sent."""
        with self._sending:
            self._sending.wait_for(lambda: not self._is_sending())

    def _is_sending(self) -> bool:
        return self._sender is not None and self._sender.is_alive()

    def _send_all(self) -> None:
        while True:
            with self._sending:
                changes, self._changes = self._changes, []
                if not changes:
                    self._sender = None
                    self._sending.notify_all()
                    return
            for name in {key for key, _, _ in changes}:
                self._send(name, [part for key, *field in changes if key == name for part in field])

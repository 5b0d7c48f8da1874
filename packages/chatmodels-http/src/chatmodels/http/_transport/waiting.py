"""Waits for a socket to become readable or writable, or asks whether it is."""

import math
import select
import socket

LONGEST_WAIT = 20 * 86_400
"""Seconds that a system call can wait: 20 days, since milliseconds have to fit into 32 bits."""


class Waiter:
    """Waits for one socket, with `poll` if the system has it.

    Args:
        connected: The socket.
    """

    __slots__ = ("_events", "_poll", "_socket")

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._events = select.POLLIN
            self._poll.register(connected, select.POLLIN)

    def readable(self) -> bool:
        """Report whether bytes, or the end of the connection, can be read."""
        return self.wait(0)[0]

    def wait(
        self, seconds: float | None, *, read: bool = True, write: bool = False
    ) -> tuple[bool, bool]:
        """Return whether the socket is readable, and whether it is writable.

        Args:
            seconds: The time limit; None for no limit.
            read: Whether to wait until the socket is readable.
            write: Whether to wait until the socket is writable.
        """
        if self._poll is None:
            readers, writers = [self._socket] * read, [self._socket] * write
            readable, writable, _ = select.select(readers, writers, [], seconds)
            return bool(readable), bool(writable)
        events = select.POLLIN * read | select.POLLOUT * write
        if events != self._events:
            self._events = events
            self._poll.modify(self._socket, events)
        limit = None if seconds is None else math.ceil(min(seconds, LONGEST_WAIT) * 1000)
        found = self._poll.poll(limit)
        happened = found[0][1] if found else 0
        # The end of the connection and errors are reported always: who reads or writes sees them.
        return read and bool(happened & ~select.POLLOUT), write and bool(happened & ~select.POLLIN)

"""Connects blocking sockets, trying the addresses of a host in parallel if one is slow."""

import errno
import math
import os
import selectors
import socket
import time
from typing import Self

from chatmodels.http._transport.sockets import (
    HEAD_START,
    Address,
    alternating,
    numeric_addresses,
    open_socket,
)
from chatmodels.http._transport.waiting import LONGEST_WAIT

_UNDER_WAY = {0, errno.EINPROGRESS, errno.EWOULDBLOCK}


def connect_socket(host: str, port: int, seconds: float | None, /) -> socket.socket:
    """Return a connected socket, without blocking operations.

    Args:
        host: The name or the address of the host.
        port: The port.
        seconds: The time limit; None for no limit.

    Raises:
        TimeoutError: The time limit has passed.
        OSError: No address of the host can be reached; the error is that of the first one.
    """
    until = math.inf if seconds is None else time.monotonic() + seconds
    addresses = numeric_addresses(host, port) or alternating(
        list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    )
    if time.monotonic() >= until:  # a lookup cannot be interrupted
        raise TimeoutError("the time limit has passed")
    with _Race(addresses, until) as race:
        return race.run()


class _Race:
    """Attempts to connect, of which the first one that succeeds wins.

    Args:
        addresses: The addresses, in the order in which they are tried.
        until: The time at which to give up.
    """

    def __init__(self, addresses: list[Address], until: float) -> None:
        self._upcoming = list(reversed(addresses))
        self._until = until
        self._racing: list[socket.socket] = []
        self._errors: list[OSError] = []
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for connecting in self._racing:
            connecting.close()

    def run(self) -> socket.socket:
        while self._upcoming:
            self._start(self._upcoming.pop())
            connected = self._wait()
            if connected is not None:
                self._racing.remove(connected)
                return connected
        raise self._errors[0]

    def _start(self, address: Address) -> None:
        try:
            connecting = open_socket(address)
        except OSError as error:  # the system does not have the family
            self._errors.append(error)
            return
        code = connecting.connect_ex(address[4])
        if code not in _UNDER_WAY:  # such a socket would become writable without an error
            connecting.close()
            self._errors.append(OSError(code, os.strerror(code)))
            return
        self._racing.append(connecting)
        self._selector.register(connecting, selectors.EVENT_WRITE)

    def _wait(self) -> socket.socket | None:
        """Wait for a connection; return None when the next address is due."""
        due = time.monotonic() + HEAD_START if self._upcoming else math.inf
        while self._racing:
            seconds = min(due, self._until) - time.monotonic()
            ready = self._selector.select(
                None if seconds == math.inf else min(max(0, seconds), LONGEST_WAIT)
            )
            for key, _ in ready:
                connecting = key.fileobj
                assert isinstance(connecting, socket.socket)
                code = connecting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if not code:
                    return connecting
                self._errors.append(OSError(code, os.strerror(code)))
                self._selector.unregister(connecting)
                self._racing.remove(connecting)
                connecting.close()
            if time.monotonic() >= self._until:
                raise TimeoutError("the time limit has passed")
            if self._upcoming and (ready or time.monotonic() >= due):
                return None
        return None

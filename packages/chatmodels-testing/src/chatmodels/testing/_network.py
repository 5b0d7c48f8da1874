"""Blocks the network for the process, except for loopback."""

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from chatmodels.core import ConfigurationError


class NetworkBlockedError(ConfigurationError):
    """A test without a network tried to connect; the message names the address."""


_REMEDY = (
    "the network is blocked for this test, which connects to {}; replay the exchange with "
    "@pytest.mark.recorded, or record it with --record=once"
)


def block_network(
    replace: Callable[[object, str, object], None],
    /,
    *,
    blocked: Callable[[str], Exception] = lambda host: NetworkBlockedError(_REMEDY.format(host)),
) -> None:
    """Raise an error for each connection and each name, except for loopback and local sockets.

    It applies to sockets of Python, in all threads, event loops and HTTP libraries that use them.

    Args:
        replace: Sets an attribute until the end of the test, as pytest's `monkeypatch.setattr`.
        blocked: Returns the error for a host.
    """

    def check(address: Any) -> None:
        if isinstance(address, tuple) and address:  # the others are paths of local sockets
            host: object = address[0]  # pyright: ignore[reportUnknownVariableType] - of any family
            if isinstance(host, str) and not _is_local(host):
                raise blocked(host)

    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    getaddrinfo = socket.getaddrinfo

    def checked_connect(self: socket.socket, address: Any, /) -> None:
        check(address)
        connect(self, address)

    def checked_connect_ex(self: socket.socket, address: Any, /) -> int:
        check(address)
        return connect_ex(self, address)

    def checked_getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if name is not None and not _is_address(name) and not _is_local(name):
            raise blocked(name)
        return getaddrinfo(host, *arguments, **named)

    replace(socket.socket, "connect", checked_connect)
    replace(socket.socket, "connect_ex", checked_connect_ex)
    replace(socket, "getaddrinfo", checked_getaddrinfo)


def _is_local(host: str) -> bool:
    if _is_address(host):
        return ip_address(host.partition("%")[0]).is_loopback
    return host in ("", "localhost") or host.endswith(".localhost")


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True

"""The addresses and the options of sockets, for all engines."""

import socket
from itertools import zip_longest

AT_ONCE = 65_536
"""Bytes that are written within one time limit, so that a long body can take longer."""

SHORTEST = 0.001
"""The shortest time in seconds that `Deadlines` return, also after the limit has passed."""

HEAD_START = 0.25
"""Seconds after which the next address of a host is tried as well, as RFC 8305 recommends."""

PIECE = 4096
"""Bytes of a body that a read returns: the events in them need not wait for those behind."""

PARSED_AT_ONCE = 16_384
"""Bytes that are parsed before those that wait behind them; larger pieces take longer in all."""

# Models can reason for minutes without sending a byte, and networks drop connections that are
# idle for four minutes or more. By default, Linux sends the first keep-alive after two hours.
KEEP_ALIVE_OPTIONS: list[tuple[int, int, int]] = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), amount)
        for name, amount in (
            ("TCP_KEEPIDLE", 60),  # seconds, as the next two
            ("TCP_KEEPALIVE", 60),  # the name on macOS
            ("TCP_KEEPINTVL", 60),
            ("TCP_KEEPCNT", 5),
        )
        if hasattr(socket, name)
    ),
]

Address = tuple[int, int, int, str, tuple[object, ...]]
"""An address as `socket.getaddrinfo` returns it: family, type, protocol, name, socket address."""


_NUMERIC: list[tuple[int, tuple[int, ...]]] = [(socket.AF_INET, ()), (socket.AF_INET6, (0, 0))]
"""The families, and the rest of a socket address of each behind host and port."""


def numeric_addresses(host: str, port: int, /) -> list[Address]:
    """Return the address of a host that is an IP address; empty if DNS has to be asked."""
    # Not `getaddrinfo`, for which Python imports its codec of host names.
    for family, address in _NUMERIC:
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port, *address))]
    return []


def alternating(addresses: list[Address], /) -> list[Address]:
    """Order addresses so that the families alternate, beginning with that of the first."""
    first = [each for each in addresses if each[0] == addresses[0][0]]
    others = [each for each in addresses if each[0] != addresses[0][0]]
    pairs = zip_longest(first, others)
    return [each for pair in pairs for each in pair if each is not None]


def open_socket(address: Address, /) -> socket.socket:
    """Return a socket without blocking operations, which is not connected yet."""
    family, kind, protocol, _, _ = address
    opened = socket.socket(family, kind, protocol)
    opened.setblocking(False)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for level, name, amount in KEEP_ALIVE_OPTIONS:
        opened.setsockopt(level, name, amount)
    return opened

"""Sockets that reset their connection when they are closed."""

import socket
import struct
import sys
from asyncio.trsock import TransportSocket

# SO_LINGER for no seconds; Windows has two shorts where others have two integers
_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def reset_on_close(peer: socket.socket | TransportSocket, /) -> None:
    """Send a reset instead of an orderly end when the socket is closed."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)

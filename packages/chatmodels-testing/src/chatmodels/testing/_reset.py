"""Sockets that reset their connection when they are closed."""

import socket
import struct
import sys
from asyncio.trsock import TransportSocket

# SO_LINGER with 0 seconds: two shorts on Windows, two integers on other systems
_RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def reset_on_close(peer: socket.socket | TransportSocket, /) -> None:
    """Send a TCP reset instead of FIN when the socket is closed."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

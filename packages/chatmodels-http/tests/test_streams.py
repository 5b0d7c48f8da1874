"""Network streams: time limits of each chunk, and keep-alives."""

import socket
from typing import Any

import httpcore
import pytest

from chatmodels.http._transport.httpcore_streams import AsyncTimedBackend, TimedBackend

both = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])


class Waning:
    """Deadlines that return less time at each call."""

    def __init__(self) -> None:
        self.left = 10.0

    def connect(self) -> float:
        return 5.0

    def read(self) -> float:
        self.left -= 1
        return self.left


class Wire(httpcore.NetworkBackend, httpcore.NetworkStream):
    """A network that records written data and its time limits."""

    def __init__(self) -> None:
        self.written: list[tuple[bytes, float | None]] = []

    def connect_tcp(self, *_: Any) -> "Wire":
        return self

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.written.append((buffer, timeout))


class AsyncWire(httpcore.AsyncNetworkBackend, httpcore.AsyncNetworkStream):
    def __init__(self) -> None:
        self.written: list[tuple[bytes, float | None]] = []

    async def connect_tcp(self, *_: Any) -> "AsyncWire":
        return self

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self.written.append((buffer, timeout))


BODY = bytes(range(256)) * 600


def test_a_long_body_has_its_time_limits_looked_at_while_it_is_written() -> None:
    wire = Wire()
    backend = TimedBackend(wire)
    backend.deadlines = Waning()
    backend.connect_tcp("acme.test", 80).write(BODY)
    assert b"".join(chunk for chunk, _ in wire.written) == BODY
    assert [seconds for _, seconds in wire.written] == [9.0, 8.0, 7.0]


@both
async def test_time_limits_apply_to_a_long_body_of_an_async_call() -> None:
    wire = AsyncWire()
    backend = AsyncTimedBackend(wire)
    backend.deadlines = Waning()
    await (await backend.connect_tcp("acme.test", 80)).write(BODY)
    assert b"".join(chunk for chunk, _ in wire.written) == BODY
    assert [seconds for _, seconds in wire.written] == [9.0, 8.0, 7.0]


def options_of(connected: Any) -> list[int]:
    return [
        connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
        connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
        connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
    ]


linux = pytest.mark.skipif(
    not hasattr(socket, "TCP_KEEPIDLE"), reason="this system has no option TCP_KEEPIDLE"
)


@linux
def test_an_idle_connection_sends_keep_alives(server: Any) -> None:
    backend = TimedBackend(httpcore.SyncBackend())
    backend.deadlines = Waning()
    stream = backend.connect_tcp("127.0.0.1", server.port)
    assert options_of(stream.get_extra_info("socket")) == [1, 60, 60, 5]
    stream.close()


@linux
@both
async def test_an_idle_async_connection_sends_keep_alives(server: Any) -> None:
    backend = AsyncTimedBackend(httpcore.AnyIOBackend())
    backend.deadlines = Waning()
    stream = await backend.connect_tcp("127.0.0.1", server.port)
    assert options_of(stream.get_extra_info("socket")) == [1, 60, 60, 5]
    await stream.aclose()

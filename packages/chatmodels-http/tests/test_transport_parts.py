"""Parts of the built-in engines, without a network where it would hide their work."""

import asyncio
import select
import socket
import ssl
from collections.abc import Iterator
from threading import Thread
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from chatmodels.http import RequestHead, TransferError
from chatmodels.http._transport.asyncio_channel import _BUFFERED, Channel
from chatmodels.http._transport.asyncio_connecting import _drop
from chatmodels.http._transport.asyncio_timer import LimitTimer
from chatmodels.http._transport.http1.reader import ResponseReader
from chatmodels.http._transport.request_heads import prepare
from chatmodels.http._transport.routes import route_to
from chatmodels.http._transport.socket_channel import SocketChannel
from chatmodels.http._transport.sockets import (
    PARSED_AT_ONCE,
    alternating,
    numeric_addresses,
    open_socket,
)
from chatmodels.http._transport.tls_session import TlsSession
from chatmodels.http._transport.waiting import Waiter


class Handle:
    def __init__(self, when: float) -> None:
        self._when = when
        self.cancelled = 0

    def when(self) -> float:
        return self._when

    def cancel(self) -> None:
        self.cancelled += 1


class Clock:
    """The timers of an event loop, which run on demand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.set: list[tuple[Handle, Any]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, function: Any) -> Handle:
        handle = Handle(when)
        self.set.append((handle, function))
        return handle

    def ring(self) -> None:
        """Run the timer that was set last."""
        handle, function = self.set[-1]
        self.now = handle.when()
        function()


@pytest.fixture
def clock() -> Any:
    return Clock()


@pytest.fixture
def rung() -> list[float]:
    return []


@pytest.fixture
def timer(clock: Any, rung: list[float]) -> LimitTimer:
    return LimitTimer(clock, lambda: rung.append(clock.now))


def test_a_timer_is_left_as_it_is_while_limits_move_back(
    timer: LimitTimer, clock: Clock, rung: list[float]
) -> None:
    for _ in range(10):
        timer.start(5)
        clock.now += 1
    assert [handle.when() for handle, _ in clock.set] == [105]
    clock.ring()  # too early: it is set again for the last limit
    assert (rung, [handle.when() for handle, _ in clock.set]) == ([], [105, 114])
    clock.ring()
    assert rung == [114]


def test_a_timer_is_set_again_for_an_earlier_limit(
    timer: LimitTimer, clock: Clock, rung: list[float]
) -> None:
    timer.start(5)
    timer.start(2)
    assert [(handle.when(), handle.cancelled) for handle, _ in clock.set] == [(105, 1), (102, 0)]
    clock.ring()
    assert rung == [102]


def test_a_timer_without_a_limit_does_nothing(
    timer: LimitTimer, clock: Clock, rung: list[float]
) -> None:
    timer.start(5)
    timer.start(None)
    clock.ring()
    timer.start(5)
    timer.pause()
    clock.ring()
    timer.start(5)
    timer.stop()
    timer.stop()
    assert (rung, clock.set[-1][0].cancelled) == ([], 1)


class Transport:
    """Records what is asked of it."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.closing = False

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")

    def abort(self) -> None:
        self.calls.append("abort")
        self.closing = True


@pytest.fixture
async def channel() -> Channel:
    with socket.socket() as unused:
        made = Channel(asyncio.get_running_loop(), unused, ResponseReader())
    made.connection_made(Transport())
    made.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n")
    return made


async def test_a_server_is_made_to_pause_while_a_body_is_not_read(channel: Channel) -> None:
    transport: Any = channel._transport
    for _ in range(4):
        channel.data_received(b"x" * (_BUFFERED // 2))
    assert transport.calls == ["pause"]
    taken = channel.take()
    assert 0 < len(taken) <= PARSED_AT_ONCE
    assert transport.calls == ["pause"]
    assert not channel.is_clear()
    while piece := channel.take():
        taken += piece
    assert taken == b"x" * 2 * _BUFFERED
    assert transport.calls == ["pause", "resume"]
    assert channel.take() == b""
    assert transport.calls == ["pause", "resume"]


async def test_a_closed_connection_is_not_resumed(channel: Channel) -> None:
    transport: Any = channel._transport
    channel.data_received(b"x" * (_BUFFERED + 1))
    channel.abort()
    channel.abort()
    channel.take()
    assert transport.calls == ["pause", "abort"]


async def test_bytes_that_arrive_with_a_reset_are_kept(channel: Channel) -> None:
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        channel._socket = near
        far.sendall(b"the rest")
        channel.connection_lost(ConnectionResetError("reset"))
    assert channel.take() == b"the rest"
    with pytest.raises(TransferError, match="reset") as caught:
        await channel.changed(None)
    assert isinstance(caught.value.__cause__, ConnectionResetError)


async def test_a_response_that_a_reset_completes_has_no_error(channel: Channel) -> None:
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        channel._socket = near
        channel.data_received(b"x" * 9_999_990)
        far.sendall(b"123456789")
        channel.connection_lost(ConnectionResetError("reset"))
    assert channel.error is None
    assert channel.take().endswith(b"x123456789")


async def test_bytes_without_content_do_not_wait_to_be_read(channel: Channel) -> None:
    channel._reader.begin()
    for _ in range(3):
        channel.data_received(b"HTTP/1.1 102 Processing\r\n\r\n" * (_BUFFERED // 50))
    transport: Any = channel._transport
    assert transport.calls == []
    channel.data_received(b"HTTP/1.1 200 OK\r\n\r\n")
    assert channel._reader.status == 200


async def test_a_long_head_is_read_at_once(channel: Channel) -> None:
    channel._reader.begin()
    fields = b"x: y\r\n" * PARSED_AT_ONCE
    channel.data_received(b"HTTP/1.1 200 OK\r\n" + fields[: 3 * PARSED_AT_ONCE] + b"\r\n")
    assert channel._reader.status == 200
    assert channel._reader.error is None


async def test_what_follows_the_response_of_a_proxy_is_no_response_of_the_server(
    channel: Channel,
) -> None:
    channel._reader.begin("CONNECT")
    forged = b"HTTP/1.1 200 OK\r\n\r\n"
    channel.data_received(forged + b" " * PARSED_AT_ONCE + forged)
    with pytest.raises(TransferError, match="bytes follow the response"):
        await channel.start_tls(ssl.create_default_context(), "localhost")
    assert channel.take() == b""


@pytest.fixture(params=["poll", "select"])
def waiting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Waiter]:
    if request.param == "select":
        monkeypatch.delattr(select, "poll", raising=False)
    return Waiter


def test_a_socket_is_waited_for(waiting: type[Waiter]) -> None:
    near, far = socket.socketpair()
    with near, far:
        waiter = waiting(near)
        assert not waiter.readable()
        assert waiter.wait(0) == (False, False)
        assert waiter.wait(None, write=True) == (False, True)
        far.sendall(b"x")
        assert waiter.readable()
        assert waiter.wait(0, write=True) == (True, True)
        assert waiter.wait(0, read=False, write=True) == (False, True)
        near.recv(1)
        assert not waiter.readable()
        far.close()
        assert waiter.wait(None) == (True, False)


@pytest.fixture
def connected() -> Iterator[tuple[SocketChannel, socket.socket]]:
    """A channel, and the other end of its connection."""
    near, far = socket.socketpair()
    near.setblocking(False)
    with near, far:
        yield SocketChannel(near, ResponseReader(), lambda: 0.01), far


def test_a_socket_without_bytes_is_read_later(
    connected: tuple[SocketChannel, socket.socket],
) -> None:
    channel, far = connected
    channel._receive()
    assert channel.is_clear()
    far.close()
    channel._receive()
    assert not channel.is_clear()


def test_tls_does_not_wait_for_ever_for_a_server_that_reads_nothing(
    connected: tuple[SocketChannel, socket.socket],
) -> None:
    channel, far = connected
    channel._answer(memoryview(bytes(10_000_000)))
    assert channel.is_clear()
    far.close()
    channel._answer(memoryview(b"x"))
    assert not channel.is_clear()


def test_tls_continues_when_the_server_reads_again(
    connected: tuple[SocketChannel, socket.socket],
) -> None:
    channel, far = connected
    channel.limit = lambda: None
    reading = Thread(target=lambda: [far.recv(1_000_000, socket.MSG_WAITALL) for _ in range(5)])
    reading.start()
    channel._answer(memoryview(bytes(5_000_000)))
    reading.join(60)
    assert not reading.is_alive()


def session() -> TlsSession:
    return TlsSession(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "localhost")


async def test_nothing_is_sent_over_tls_without_a_session(
    channel: Channel, connected: tuple[SocketChannel, socket.socket]
) -> None:
    for each in (channel, connected[0]):
        each._tls = session()
        with pytest.raises(TransferError) as caught:
            each.write(memoryview(b"a secret"))
        assert caught.value.kind == "broken"


async def test_an_attempt_to_connect_that_lost_is_closed() -> None:
    async def attempt(result: socket.socket | OSError) -> socket.socket:
        if isinstance(result, OSError):
            raise result
        return result

    loser = socket.socket()
    for result in (loser, OSError("refused")):
        task = asyncio.ensure_future(attempt(result))
        await asyncio.wait([task])
        _drop(task)
    assert loser.fileno() == -1


def test_the_frames_of_a_traceback_show_no_secret() -> None:
    head = RequestHead("GET", "https://acme.test/v1", (("x-key", "sk-1234"),))
    ready = prepare(head)
    plain = prepare(RequestHead("GET", "http://acme.test/v1", ()))
    for route in (
        route_to(ready, "http://user:sk-1234@127.0.0.1:1"),
        route_to(plain, "http://user:sk-1234@127.0.0.1:1"),
        route_to(plain, "http://127.0.0.1:1"),
    ):
        assert "sk-1234" not in f"{head!r} {ready!r} {route!r} {ready.encoded(b'', 1, None)!r}"
        assert "127.0.0.1" in repr(route)
    assert "https://acme.test" in repr(ready)


linux = pytest.mark.skipif(
    not hasattr(socket, "TCP_KEEPIDLE"), reason="this system has no option TCP_KEEPIDLE"
)


@linux
def test_an_idle_connection_sends_keep_alives() -> None:
    address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))
    with open_socket(address) as opened:
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_the_families_of_addresses_alternate() -> None:
    four: Any = [(socket.AF_INET, 1, 6, "", (str(number), 1)) for number in range(3)]
    six: Any = [(socket.AF_INET6, 1, 6, "", (str(number), 1)) for number in range(2)]
    assert alternating(six + four) == [six[0], four[0], six[1], four[1], four[2]]
    assert alternating(four) == four


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/v1/chat/completions",
        "https://api.acme.example/v1/models/a~b-c_d.json?limit=100&after=x_1",
        "https://acme.example",
        "https://acme.example?all=1",
        "http://acme.example:65535/",
    ],
)
def test_a_plain_url_is_split_as_by_the_standard_library(url: str) -> None:
    parts = urlsplit(url)
    made = prepare(RequestHead("GET", url, ()))
    assert (made.scheme, made.host, made.port) == (parts.scheme, parts.hostname, parts.port)
    query = f"?{parts.query}" if parts.query else ""
    assert made.target == quote(parts.path or "/") + query


@pytest.mark.parametrize(
    "url",
    ["http://acme.example:65536/v1", "http://acme..example/v1", f"http://{'a' * 64}.example/v1"],
    ids=["port", "empty label", "long label"],
)
def test_a_plain_url_that_is_not_valid_is_refused(url: str) -> None:
    with pytest.raises(TransferError, match="the URL is not valid"):
        prepare(RequestHead("GET", url, ()))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_numeric_host_has_the_address_of_the_standard_library(host: str) -> None:
    found = socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    assert [each[:3] + each[4:] for each in numeric_addresses(host, 80)] == [
        each[:3] + each[4:] for each in found
    ]


def test_a_name_has_no_numeric_address() -> None:
    assert numeric_addresses("acme.example", 80) == []

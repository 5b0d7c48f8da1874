"""Bytes behind the end of a response never reach another call."""

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpcore
import pytest

from chatmodels.core import CallTimeoutError, ChatModelError, Timeout
from chatmodels.http import HttpChatModel
from chatmodels.http._deadlines import Limits
from chatmodels.http._transport.httpcore_parts import is_reusable
from chatmodels.http._transport.httpcore_streams import AsyncTimedBackend, tls_drained

pytestmark = pytest.mark.usefixtures("built_in")

Make = Callable[..., HttpChatModel]

OTHERS = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 17\r\n\r\n"
OTHERS += b'{"text": "other"}'
BODY = b'{"text": "hello"}'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"

RESPONSES = {
    "length": HEAD + b"content-length: 17\r\n\r\n" + BODY,
    "chunked": HEAD + b"transfer-encoding: chunked\r\n\r\n11\r\n" + BODY + b"\r\n0\r\n\r\n",
    "no body": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\ncontent-length: 17\r\n\r\n",
    "refusal": b"HTTP/1.1 429 Slow down\r\ncontent-length: 2\r\n\r\n{}",
}


@pytest.fixture(params=["blocking", "asyncio", "trio"])
def generate(request: pytest.FixtureRequest) -> Callable[[HttpChatModel, int], list[str]]:
    """Make calls in a row and return their texts or their errors."""

    def blocking(acme: HttpChatModel, calls: int) -> list[str]:
        texts: list[str] = []
        for _ in range(calls):
            try:
                texts.append(acme.generate("hi").text)
            except ChatModelError as error:
                texts.append(f"error {error.status}: {error.message}")
        return texts

    async def awaited(acme: HttpChatModel, calls: int) -> list[str]:
        texts: list[str] = []
        for _ in range(calls):
            try:
                texts.append((await acme.agenerate("hi")).text)
            except ChatModelError as error:
                texts.append(f"error {error.status}: {error.message}")
        return texts

    if request.param == "blocking":
        return blocking
    return lambda acme, calls: anyio.run(awaited, acme, calls, backend=request.param)


@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "proxied"])
@pytest.mark.parametrize("leftover", [OTHERS, b"other", b"HTTP/1.1 200", b"\r\n"])
@pytest.mark.parametrize("response", RESPONSES.values(), ids=RESPONSES.keys())
def test_bytes_behind_a_response_close_its_connection(
    server: Any, model: Make, generate: Any, response: bytes, leftover: bytes, proxied: bool
) -> None:
    def handle(exchange: Any) -> None:
        if len(server.requests) == 1:
            exchange.send(response + leftover)
        else:
            exchange.respond('{"text": "right"}')

    server.handler = handle
    where = {"base_url": "http://api.acme.test", "proxy": server.url} if proxied else {}
    first, *later = generate(model(**where), 3)
    assert "other" not in first
    assert later == ["right", "right"]
    assert server.connections == 2


@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "proxied"])
def test_bytes_on_an_idle_connection_close_it(server: Any, model: Make, proxied: bool) -> None:
    def handle(exchange: Any) -> None:
        exchange.respond('{"text": "right"}')
        server.reports.get(timeout=60)  # the response has been read
        exchange.send(OTHERS)
        sent.put(None)

    sent = server.reports.__class__()
    server.handler = handle
    where = {"base_url": "http://api.acme.test", "proxy": server.url} if proxied else {}
    acme = model(**where)
    for _ in range(3):
        assert acme.generate("hi").text == "right"
        server.reports.put(None)
        sent.get(timeout=60)
    assert server.connections == 3


@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "proxied"])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_bytes_on_an_idle_async_connection_close_it(
    server: Any, model: Make, proxied: bool, backend: str
) -> None:
    def handle(exchange: Any) -> None:
        exchange.respond('{"text": "right"}')
        server.reports.get(timeout=60)
        exchange.send(OTHERS)
        sent.put(None)

    sent = server.reports.__class__()
    server.handler = handle
    where = {"base_url": "http://api.acme.test", "proxy": server.url} if proxied else {}

    async def calls() -> None:
        acme = model(**where)
        for _ in range(3):
            assert (await acme.agenerate("hi")).text == "right"
            server.reports.put(None)
            sent.get(timeout=60)  # the event loop need not go on meanwhile

    anyio.run(calls, backend=backend)
    assert server.connections == 3


def test_a_flood_of_informational_responses_ends_with_the_time(
    server: Any, model: Make, ask: Any
) -> None:
    def handle(exchange: Any) -> None:
        while True:
            exchange.send(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)

    server.handler = handle
    with pytest.raises(CallTimeoutError) as caught:
        ask(model(timeout=Timeout(total=0.3)))
    assert caught.value.details["limit"] == "total"


class Segments(httpcore.AsyncNetworkStream):
    """A network stream that returns fixed data, read by read."""

    def __init__(self, *segments: bytes) -> None:
        self._segments = list(segments)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return self._segments.pop(0)

    def get_extra_info(self, info: str) -> None:
        return None


async def test_more_bytes_can_have_arrived_than_one_full_read_returns() -> None:
    backend = AsyncTimedBackend(httpcore.AnyIOBackend())
    backend.deadlines = Limits(Timeout(), "acme")
    stream = backend.layer(Segments(b"full", b"no"))
    await stream.read(4)
    assert not backend.drained()
    await stream.read(4)
    assert backend.drained()


def test_a_connection_with_an_unknown_parser_is_not_reused() -> None:
    class Unknown:
        def is_idle(self) -> bool:
            return True

        has_expired = is_idle

    assert not is_reusable([Unknown()])
    assert not is_reusable([])


CERTIFICATE = Path(__file__).with_name("localhost.pem")


def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_verify_locations(CERTIFICATE)
    theirs.load_cert_chain(CERTIFICATE)
    return ours, theirs


@pytest.mark.parametrize(
    ("record", "drained"), [(b"", True), (b"other", False)], ids=["nothing", "a record"]
)
def test_buffered_tls_records_are_leftovers(record: bytes, drained: bool) -> None:
    ours, theirs = contexts()
    to_us, to_them = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ours.wrap_bio(to_us, to_them, server_hostname="localhost")
    server = theirs.wrap_bio(to_them, to_us, server_side=True)
    waiting = [client, server]
    while waiting:
        side = waiting.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            waiting.append(side)
    if record:
        server.write(record)
    assert tls_drained(client) is drained
    to_us.write(b"this is no record of TLS")
    assert not tls_drained(client)


def test_bytes_that_a_tls_socket_has_decrypted_are_leftovers() -> None:
    ours, theirs = contexts()
    near, far = socket.socketpair()

    def serve() -> None:
        with theirs.wrap_socket(far, server_side=True) as server:
            server.sendall(b"one, two")
            server.recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    with ours.wrap_socket(near, server_hostname="localhost") as client:
        assert client.recv(3) == b"one"
        inside: Any = client._sslobj  # what httpcore returns as the "ssl_object"
        assert not tls_drained(client)
        assert not tls_drained(inside)
        client.recv(100)
        assert tls_drained(client)
        assert tls_drained(inside)
    thread.join(60)

"""The built-in engines: large requests, hosts with several addresses, and event loops."""

import asyncio
import errno
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    CallTimeoutError,
    ChatModelError,
    ChatResponse,
    ConfigurationError,
    NetworkError,
    StreamInterruptedError,
    Timeout,
)
from chatmodels.http import HttpChatModel, RequestHead, TransferError
from chatmodels.http._deadlines import Limits
from chatmodels.http._transport import asyncio_connecting, socket_connecting
from chatmodels.http._transport.asyncio_engine import AsyncioEngine
from chatmodels.http._transport.engines import shared_async_engine, shared_engine
from chatmodels.http._transport.on_httpcore import httpcore_async_engine, httpcore_engine
from chatmodels.http._transport.request_heads import prepare
from chatmodels.http._transport.waiting import Waiter

Make = Callable[..., HttpChatModel]
Ask = Callable[..., ChatResponse[Any]]

LARGE = "x" * 30_000_000  # more than the buffers of the sockets


@pytest.fixture(params=["sync", "async"])
def generate(request: pytest.FixtureRequest) -> Ask:
    """Make a call, sync or under asyncio."""

    def call(acme: HttpChatModel, prompt: str = "hi") -> ChatResponse[Any]:
        if request.param == "sync":
            return acme.generate(prompt)
        return asyncio.run(acme.agenerate(prompt))

    return call


@pytest.fixture(params=["plain", "tls"])
def where(request: pytest.FixtureRequest, server: Any) -> dict[str, Any]:
    """Options that lead to the server."""
    if request.param == "plain":
        return {}
    request.getfixturevalue("trusted")
    return {"base_url": f"https://localhost:{request.getfixturevalue('tls_server')}"}


keeps_received = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems drop received bytes when they receive a reset"
)


def refuse(exchange: Any) -> str:
    exchange.respond('{"error": {"message": "it is too large"}}', 413)
    return "stop"  # which resets the connection: the body has not been read


@keeps_received
def test_a_refusal_of_a_large_request_is_read(
    server: Any, model: Make, generate: Ask, where: dict[str, Any]
) -> None:
    server.reads_bodies = False
    server.handler = refuse
    for _ in range(3):
        with pytest.raises(ChatModelError, match="it is too large") as caught:
            generate(model(**where), LARGE)
        assert caught.value.status == 413
    assert server.connections == 3 or where


def test_a_refusal_is_read_while_the_server_reads_no_further(
    server: Any, model: Make, generate: Ask, where: dict[str, Any]
) -> None:
    def handle(exchange: Any) -> str:
        exchange.respond('{"error": {"message": "it is too large"}}', 413)
        server.reports.get(timeout=300)
        return "stop"

    server.reads_bodies = False
    server.handler = handle
    with pytest.raises(ChatModelError, match="it is too large"):
        generate(model(**where), LARGE)
    server.reports.put("the client has its response")


def test_a_refusal_is_read_if_the_server_ends_its_side_of_the_connection(
    server: Any, model: Make, generate: Ask
) -> None:
    def handle(exchange: Any) -> str:
        head = b"HTTP/1.1 413 Too Large\r\nConnection: close\r\n\r\n"
        exchange.send(head + b'{"error": {"message": "it is too large"}}')
        exchange.finish_sending()
        server.reports.get(timeout=300)
        return "stop"

    server.reads_bodies = False
    server.handler = handle
    with pytest.raises(ChatModelError, match="it is too large"):
        generate(model(), LARGE)
    server.reports.put("the client has its response")


def test_a_body_that_ends_with_the_connection_is_not_complete_at_a_limit(
    server: Any, model: Make, generate: Ask
) -> None:
    def handle(exchange: Any) -> str:
        exchange.send(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"text": "a"}')
        server.reports.get(timeout=300)
        return "stop"

    server.handler = handle
    with pytest.raises(CallTimeoutError):
        generate(model(timeout=Timeout(read=0.2)))
    server.reports.put("the client has given up")


def test_a_tunnel_that_ends_before_tls_begins_is_an_error(
    server: Any, model: Make, generate: Ask
) -> None:
    def handle(exchange: Any) -> str:
        exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
        return "stop"

    server.handler = handle
    with pytest.raises(NetworkError):
        generate(model(base_url="https://acme.test", proxy=server.url))


def test_limits_of_years_are_accepted(server: Any, model: Make, generate: Ask) -> None:
    assert generate(model(timeout=Timeout(connect=1e9, read=1e9))).text == "hello"


def test_a_large_request_arrives(
    server: Any, model: Make, generate: Ask, where: dict[str, Any]
) -> None:
    acme = model(**where)
    assert generate(acme, LARGE).text == "hello"
    assert LARGE.encode() in server.requests[0].body


def test_a_response_is_returned_in_small_pieces(server: Any) -> None:
    body = bytes(range(256)) * 1000
    server.handler = lambda exchange: exchange.respond(body)
    head = RequestHead("GET", server.url, ())

    async def read() -> list[bytes]:
        response = await shared_async_engine().send(head, b"", Limits(Timeout(), "acme"))
        pieces: list[bytes] = []
        while (piece := await response.read()) is not None:
            pieces.append(piece)
        await response.aclose()
        return pieces

    response = shared_engine().send(head, b"", Limits(Timeout(), "acme"))
    pieces = list(iter(response.read, None))
    response.close()
    for found in (pieces, asyncio.run(read())):
        assert b"".join(found) == body
        assert max(map(len, found)) <= 4096


def test_a_closed_response_is_not_read(server: Any) -> None:
    head = RequestHead("GET", server.url, ())

    async def read() -> None:
        response = await shared_async_engine().send(head, b"", Limits(Timeout(), "acme"))
        await response.aclose()
        await response.aclose()
        await response.read()

    response = shared_engine().send(head, b"", Limits(Timeout(), "acme"))
    response.close()
    response.close()
    with pytest.raises(TransferError, match="the response is closed"):
        response.read()
    with pytest.raises(TransferError, match="the response is closed"):
        asyncio.run(read())


def no_record(exchange: Any) -> None:
    with exchange.detach() as raw:
        raw.sendall(b"this is no record of TLS")


def end_of_tls(exchange: Any) -> None:
    exchange._connection.unwrap()


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("how", [no_record, end_of_tls])
@pytest.mark.parametrize("form", ["stream", "astream"])
def test_a_stream_whose_tls_breaks_keeps_its_partial_response(
    server: Any, tls_server: int, model: Make, form: str, how: Callable[[Any], None]
) -> None:
    def handle(exchange: Any) -> str:
        exchange.begin()
        exchange.event(text="Hel")
        how(exchange)
        return "stop"

    async def collect() -> object:
        return await acme.astream("hi").collect()

    server.handler = handle
    acme = model(base_url=f"https://localhost:{tls_server}")
    with pytest.raises(StreamInterruptedError) as caught:
        acme.stream("hi").collect() if form == "stream" else asyncio.run(collect())
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("engine", ["own", "httpcore"])
@pytest.mark.parametrize("notified", [True, False], ids=["notified", "cut"])
def test_only_the_end_of_tls_ends_a_body_without_a_length(
    server: Any, tls_server: int, model: Make, generate: Ask, notified: bool, engine: str
) -> None:
    def handle(exchange: Any) -> str:
        exchange.send(b'HTTP/1.1 200 OK\r\n\r\n{"text": "hello"}')
        if notified:
            exchange._connection.unwrap()
        return "stop"

    server.handler = handle
    options: dict[str, Any] = {"base_url": f"https://localhost:{tls_server}"}
    if engine == "httpcore":
        options["http_client"] = httpcore_engine(None)
        options["async_http_client"] = httpcore_async_engine(None)
    acme = model(**options)
    if notified:
        assert generate(acme).text == "hello"
    else:
        with pytest.raises(NetworkError, match="TLS"):
            generate(acme)


def test_an_interrupt_closes_the_connection_of_a_sync_call(
    server: Any, model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Waiter, *args: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    acme = model()
    monkeypatch.setattr(Waiter, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        acme.generate("hi")
    server.wait_until_closed()


# several addresses


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that accepts no connection, and refuses none."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as full:
        waiting: list[socket.socket] = []
        for _ in range(16):  # more than the capacity of its queue
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(full.getsockname())
            waiting.append(client)
        yield full.getsockname()[1]
        for client in waiting:
            client.close()


REFUSING = 1  # a port without a listener


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the name of a host have these ports of this machine as its addresses."""
    resolve = socket.getaddrinfo

    def let(*ports: int | tuple[int, str, int]) -> None:
        def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
            if host != "several.acme.test" or options.get("flags"):
                return resolve(host, port, *args, **options)
            whole = [
                (socket.AF_INET, "127.0.0.1", each) if isinstance(each, int) else each
                for each in ports
            ]
            kind = (socket.SOCK_STREAM, 6, "")
            return [(family, *kind, (name, number)) for family, name, number in whole]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        for module in (socket_connecting, asyncio_connecting):
            monkeypatch.setattr(module, "HEAD_START", 0.01)

    return let


SEVERAL = {"base_url": "http://several.acme.test"}


def test_the_next_address_is_tried_if_one_is_refused_or_silent(
    server: Any, model: Make, generate: Ask, silent: int, addresses: Callable[..., None]
) -> None:
    for others in ([REFUSING], [silent], [silent, REFUSING], [REFUSING, silent, silent]):
        addresses(*others, server.port, server.port)
        acme = model(base_url=f"http://several.acme.test:{1000 + len(others)}")
        assert generate(acme).text == "hello"


UNREACHABLE = (socket.AF_INET, "255.255.255.255", 9)
UNKNOWN_FAMILY = (999, "127.0.0.1", 9)


@pytest.mark.parametrize("first", [UNREACHABLE, UNKNOWN_FAMILY])
def test_the_next_address_is_tried_if_one_fails_at_once(
    server: Any,
    model: Make,
    generate: Ask,
    addresses: Callable[..., None],
    first: tuple[int, str, int],
) -> None:
    addresses(first, server.port)
    base_url = f"http://several.acme.test:{1100 + first[0] % 100}"
    assert generate(model(base_url=base_url)).text == "hello"


def test_a_lookup_counts_towards_the_limit_of_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(monotonic=iter((0.0, 2.0)).__next__)
    monkeypatch.setattr(socket_connecting, "time", clock)
    with pytest.raises(TimeoutError):
        socket_connecting.connect_socket("127.0.0.1", REFUSING, 1.0)


def test_a_host_without_a_reachable_address_is_reported(
    model: Make, generate: Ask, addresses: Callable[..., None]
) -> None:
    addresses(REFUSING, REFUSING)
    with pytest.raises(NetworkError, match="no connection to several") as caught:
        generate(model(**SEVERAL))
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


@pytest.mark.parametrize("refusing", [False, True])
def test_no_address_is_waited_for_longer_than_the_limit(
    model: Make, generate: Ask, silent: int, addresses: Callable[..., None], refusing: bool
) -> None:
    addresses(silent, REFUSING if refusing else silent)
    with pytest.raises(CallTimeoutError) as caught:
        generate(model(**SEVERAL, timeout=Timeout(connect=0.05)))
    assert caught.value.details["limit"] == "connect"


def test_a_time_out_of_the_network_is_no_limit_of_the_user(
    model: Make, generate: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: Any) -> Any:
        raise OSError(errno.ETIMEDOUT, "the network has given up")

    for module in (socket_connecting, asyncio_connecting):
        monkeypatch.setattr(module, "open_socket", unreachable)
    with pytest.raises(NetworkError, match="the network has given up"):
        generate(model(base_url="http://127.0.0.2"))


async def test_an_address_that_connects_too_late_is_closed(
    server: Any, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    monkeypatch.setattr(asyncio_connecting, "HEAD_START", 0)
    both = [(*family, ("127.0.0.1", server.port))] * 2
    loop = asyncio.get_running_loop()
    connected = await asyncio_connecting._race(loop, both)
    connected.close()
    await anyio.to_thread.run_sync(server.wait_until_closed)


# event loops


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop does not support this system")
@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("path", ["plain", "tls", "proxied"])
def test_calls_and_streams_work_under_uvloop(
    server: Any, tls_server: int, model: Make, words: Any, path: str
) -> None:
    import uvloop

    server.handler = words("a", "b")
    given = {
        "plain": {},
        "tls": {"base_url": f"https://localhost:{tls_server}"},
        "proxied": {"base_url": "http://api.acme.test", "proxy": server.url},
    }[path]
    acme = model(**given)

    async def calls() -> list[str]:
        whole = [(await acme.agenerate("hi")).text for _ in range(3)]
        async with acme.astream("hi") as stream:
            whole.append((await stream.collect()).text)
        async with acme.astream("hi") as stream:
            async for _ in stream:
                break
        task = asyncio.ensure_future(acme.agenerate("hi"))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return [*whole, (await acme.agenerate("hi")).text]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(calls()) == ["ab"] * 5
    if path != "tls":  # whose connections the server does not count
        server.wait_until_closed()


@keeps_received
def test_a_refusal_of_a_large_request_is_read_under_uvloop(server: Any, model: Make) -> None:
    import uvloop

    server.reads_bodies = False
    server.handler = refuse
    with (
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        pytest.raises(ChatModelError, match="it is too large"),
    ):
        runner.run(model().agenerate(LARGE))


@pytest.mark.parametrize(
    ("form", "backend", "given"),
    [
        ("sync", "", {"proxy": "socks5://127.0.0.1:1"}),
        ("async", "asyncio", {"proxy": "https://127.0.0.1:1"}),
        ("async", "trio", {}),
    ],
)
def test_the_extra_is_named_where_httpcore_is_needed(
    server: Any,
    model: Make,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    backend: str,
    given: dict[str, str],
) -> None:
    for name in ("httpcore_engine", "httpcore_async_engine"):
        monkeypatch.setitem(sys.modules, f"chatmodels.http._transport.{name}", None)
    acme = model(base_url="http://extra.acme.test", **given)
    monkeypatch.setattr("chatmodels.http._transport.engines._engines", {})
    monkeypatch.setattr("chatmodels.http._transport.engines._async_engines", {})
    with pytest.raises(ConfigurationError, match=r"pip install 'chatmodels-http\[httpcore\]'"):
        acme.generate("hi") if form == "sync" else anyio.run(acme.agenerate, "hi", backend=backend)


def test_requests_that_cannot_be_sent_are_refused() -> None:
    for name in ("host", "Content-Length", "transfer-encoding", "x y", "x\n", ""):
        with pytest.raises(TransferError, match="cannot be sent") as caught:
            prepare(RequestHead("GET", "http://acme.test", ((name, "1"),)))
        assert caught.value.kind == "unusable"


async def test_a_flood_on_an_idle_connection_closes_it(server: Any) -> None:
    def handle(exchange: Any) -> str:
        exchange.respond("{}")
        go.wait(300)
        exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
        server.reports.put(exchange.seen_fin())
        return "stop"

    go = threading.Event()
    server.handler = handle
    engine = AsyncioEngine()
    head = RequestHead("GET", server.url, ())
    response = await engine.send(head, b"", Limits(Timeout(), "acme"))
    while await response.read() is not None:
        pass
    await response.aclose()
    go.set()
    assert await anyio.to_thread.run_sync(server.reports.get) is True

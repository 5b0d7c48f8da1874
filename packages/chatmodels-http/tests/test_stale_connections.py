"""Kept connections that the server has closed cost neither a call nor an attempt."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import anyio
import httpx
import httpx2
import pytest

from chatmodels.core import NetworkError
from chatmodels.http import HttpChatModel
from chatmodels.http._transport.pool import KEEP_ALIVE, idle_seconds

pytestmark = pytest.mark.usefixtures("built_in")

Make = Callable[..., HttpChatModel]


def closing_second_requests(server: Any, partial: bytes = b"") -> None:
    """Respond to the first request of each connection, and close it at the second one."""
    served: list[object] = []

    def handle(exchange: Any) -> object:
        if exchange._connection in served:
            exchange.send(partial)
            exchange.hang_up()
            return "stop"
        served.append(exchange._connection)
        return exchange.respond('{"text": "hello"}')

    server.handler = handle


@pytest.fixture(params=["sync", "asyncio", "trio"])
def generate(request: pytest.FixtureRequest) -> Any:
    async def awaited(
        acme: HttpChatModel, options: dict[str, Any], calls: int, clients: tuple[Any, ...]
    ) -> list[Any]:
        try:
            return [await acme.agenerate("hi", **options) for _ in range(calls)]
        finally:
            for client in clients:
                await client.aclose()

    def called(acme: HttpChatModel, calls: int, *clients: Any, **options: Any) -> list[Any]:
        if request.param == "sync":
            return [acme.generate("hi", **options) for _ in range(calls)]
        return anyio.run(awaited, acme, options, calls, clients, backend=request.param)

    return called


@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "proxied"])
def test_a_request_on_a_stale_connection_is_sent_again_at_once(
    server: Any, model: Make, generate: Any, proxied: bool
) -> None:
    closing_second_requests(server)
    where = {"base_url": "http://api.acme.test", "proxy": server.url} if proxied else {}
    responses = generate(model(max_retries=0, **where), 3)
    assert [response.text for response in responses] == ["hello"] * 3
    assert [response.failed_attempts for response in responses] == [()] * 3
    assert (server.connections, len(server.requests)) == (3, 5)


def test_a_request_that_is_not_idempotent_is_not_sent_again(
    server: Any, model: Make, generate: Any
) -> None:
    closing_second_requests(server)
    with pytest.raises(NetworkError):
        generate(model(max_retries=0), 2, idempotent=False)
    assert len(server.requests) == 2


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
def call_with_clients(request: pytest.FixtureRequest, model: Make, generate: Any) -> Any:
    def call(calls: int) -> list[Any]:
        client, async_client = request.param.Client(), request.param.AsyncClient()
        acme = model(max_retries=0, http_client=client, async_http_client=async_client)
        with client:
            return generate(acme, calls, async_client)

    return call


def test_a_request_on_a_stale_connection_of_an_injected_client_is_sent_again(
    server: Any, call_with_clients: Any
) -> None:
    closing_second_requests(server)
    responses = call_with_clients(3)
    assert [response.text for response in responses] == ["hello"] * 3
    assert [response.failed_attempts for response in responses] == [()] * 3
    assert (server.connections, len(server.requests)) == (3, 5)


def test_a_request_of_an_injected_client_is_not_sent_again_after_the_head(
    server: Any, call_with_clients: Any
) -> None:
    closing_second_requests(server, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{")
    with pytest.raises(NetworkError):
        call_with_clients(2)
    assert len(server.requests) == 2


def test_a_request_is_not_sent_again_after_the_first_byte(
    server: Any, model: Make, generate: Any
) -> None:
    closing_second_requests(server, b"HTTP/1.1 2")
    with pytest.raises(NetworkError):
        generate(model(max_retries=0), 2)
    assert len(server.requests) == 2


def test_a_request_is_sent_again_once(server: Any, model: Make, generate: Any) -> None:
    def handle(exchange: Any) -> object:
        if len(server.requests) > 1:
            exchange.hang_up()
            return "stop"
        return exchange.respond('{"text": "hello"}')

    server.handler = handle
    with pytest.raises(NetworkError):
        generate(model(max_retries=0), 2)
    assert len(server.requests) == 3


def test_the_other_idle_connections_are_closed_too(server: Any, model: Make) -> None:
    closing_second_requests(server)

    async def calls() -> None:
        acme = model(max_retries=0)
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(acme.agenerate, "hi")
        before = server.connections
        assert (await acme.agenerate("hi")).text == "hello"
        assert server.connections == before + 1

    anyio.run(calls)


def test_the_other_idle_connections_of_threads_are_closed_too(server: Any, model: Make) -> None:
    closing_second_requests(server)
    respond, together = server.handler, Barrier(3)

    def handle(exchange: Any) -> object:
        if len(server.requests) <= 3:
            together.wait(300)  # so that each call has a connection of its own
        return respond(exchange)

    server.handler = handle
    acme = model(max_retries=0)
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(acme.generate, ["hi"] * 3))
    assert acme.generate("hi").text == "hello"
    assert server.connections == 4


async def test_health_checks_and_listings_are_sent_again(server: Any, model: Make) -> None:
    closing_second_requests(server)
    acme = model(max_retries=0)
    reports = [acme.check_health() for _ in range(2)]
    reports += [await acme.acheck_health() for _ in range(2)]
    assert [report.status for report in reports] == ["healthy"] * 4


@pytest.mark.parametrize(("seconds", "connections"), [(1, 3), (600, 1)])
def test_a_connection_is_kept_no_longer_than_the_server_announces(
    server: Any, model: Make, generate: Any, seconds: int, connections: int
) -> None:
    server.handler = lambda exchange: exchange.respond(
        '{"text": "hello"}', keep_alive=f"timeout={seconds}, max=100"
    )
    generate(model(), 3)
    assert server.connections == connections


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("timeout=5, max=100", 4.0), ("max=9", KEEP_ALIVE), ("timeout=900", KEEP_ALIVE)],
)
def test_the_time_of_an_idle_connection_is_read(header: str, seconds: float) -> None:
    assert idle_seconds({"keep-alive": header}) == seconds
    assert idle_seconds({}) == KEEP_ALIVE

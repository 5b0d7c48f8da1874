"""Time limits against a real clock and a server that keeps the client waiting."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from chatmodels.core import CallTimeoutError, ChatResponse, ProviderUnavailableError, Timeout
from chatmodels.http import HttpChatModel

pytestmark = pytest.mark.usefixtures("built_in")

Make = Callable[..., HttpChatModel]
Ask = Callable[[HttpChatModel], ChatResponse[Any]]
TimePasses = Callable[[float], None]


def wait(exchange: Any) -> None:
    exchange.seen_fin()


def late(ask: Ask, model: HttpChatModel) -> CallTimeoutError:
    with pytest.raises(CallTimeoutError) as caught:
        ask(model)
    return caught.value


@pytest.mark.parametrize("limit", ["read", "total"])
def test_a_server_that_never_responds(server: Any, model: Make, ask: Ask, limit: str) -> None:
    server.handler = wait
    error = late(ask, model(timeout=Timeout(**{limit: 0.03})))
    assert error.details["limit"] == limit
    assert f"raise Timeout({limit}=0.03)" in error.message


def test_a_server_that_does_not_accept(server: Any, model: Make, ask: Ask) -> None:
    # macOS treats a backlog of 0 as its maximum, and queues somewhat more than the backlog
    with socket.create_server(("127.0.0.1", 0), backlog=1) as full, ExitStack() as waiting:
        for _ in range(16):  # more than the capacity of its queue
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        port = full.getsockname()[1]
        acme = model(base_url=f"http://127.0.0.1:{port}", timeout=Timeout(connect=0.03))
        with pytest.raises(OSError, match="acme: no connection"):
            ask(acme)


def test_a_stream_without_a_first_event(server: Any, model: Make, collect: Any) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        wait(exchange)

    server.handler = handle
    error = late(collect, model(timeout=Timeout(first_event=0.3)))
    assert error.details["limit"] == "first_event"
    assert error.partial is None


def pinging(exchange: Any) -> None:
    while not exchange.seen_fin(0.01):
        exchange.chunk(": still here\n\n")


def test_comments_are_not_a_first_event(server: Any, model: Make, collect: Any) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        pinging(exchange)

    server.handler = handle
    error = late(collect, model(timeout=Timeout(first_event=0.1)))
    assert error.details["limit"] == "first_event"


@pytest.mark.parametrize("limit", ["between_events", "total"])
def test_comments_are_not_a_further_event(
    server: Any, model: Make, collect: Any, limit: str, time_passes: TimePasses
) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        exchange.event(text="Hel")
        pinging(exchange)

    server.handler = handle
    seconds = 0.1
    if limit == "total":  # a slow machine can need all of a short time for the first event
        seconds = 500
    acme = model(timeout=Timeout(**{limit: seconds}))
    with pytest.raises(CallTimeoutError) as caught:
        collect(acme, lambda _: time_passes(600) if limit == "total" else None)
    error = caught.value
    assert error.details["limit"] == limit
    assert error.partial is not None
    assert error.partial.text == "Hel"


def test_a_body_that_drips_ends_with_the_total(server: Any, model: Make) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin("application/json")
        while not exchange.seen_fin(0.01):
            exchange.chunk(" ")

    server.handler = handle
    error = late(lambda acme: acme.generate("hi"), model(timeout=Timeout(total=0.1, read=1.0)))
    assert error.details["limit"] == "total"


def test_a_slow_error_body_of_an_injected_client_is_not_read_for_long(
    server: Any, model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx

    def handle(exchange: Any) -> None:
        head = b"HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n"
        exchange.send(head + b"3\r\nno \r\n")
        while not exchange.seen_fin(0.01):
            exchange.chunk("no ")

    server.handler = handle
    monkeypatch.setattr("chatmodels.http._bodies.FAILURE_SECONDS", 0.5)
    with httpx.Client(verify=False) as client, pytest.raises(ProviderUnavailableError, match="no"):
        model(http_client=client).generate("hi")


def test_time_limits_exclude_the_users_work_between_two_events(
    server: Any, model: Make, time_passes: TimePasses
) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        for _ in range(3):
            exchange.event(text="x")
            server.reports.get(timeout=300)
        exchange.event(end=True)
        exchange.end()

    server.handler = handle
    with model(timeout=Timeout(between_events=500)).stream("hi") as stream:
        for _ in stream.texts():
            time_passes(1000)
            server.reports.put("go")
    assert stream.response.text == "xxx"


def test_a_server_that_does_not_end_its_body_is_not_waited_for(
    server: Any, model: Make, collect: Any
) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        exchange.event(text="Hello", end=True)
        server.reports.put(exchange.seen_fin())

    server.handler = handle
    assert collect(model()).text == "Hello"
    assert server.reports.get(timeout=300) is True


def test_bytes_after_the_terminal_event_are_not_read(
    server: Any, model: Make, collect: Any
) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        exchange.event(text="Hello", end=True)
        more = b'data: {"text": "more"}\n\n'
        exchange.send(b"%x\r\n%b\r\n" % (len(more), more) * 100 + b"0\r\n\r\n")

    server.handler = handle
    assert collect(model()).text == "Hello"

"""Time limits against a real clock and a server that keeps the client waiting."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from chatmodels.core import CallTimeoutError, ChatResponse, ProviderUnavailableError, Timeout
from chatmodels.http import HttpChatModel

Make = Callable[..., HttpChatModel]
Ask = Callable[[HttpChatModel], ChatResponse[Any]]


def wait(exchange: Any) -> None:
    exchange.seen_fin()


def late(ask: Ask, model: HttpChatModel) -> CallTimeoutError:
    started = time.monotonic()
    with pytest.raises(CallTimeoutError) as caught:
        ask(model)
    assert time.monotonic() - started < 2
    return caught.value


@pytest.mark.parametrize("limit", ["read", "total"])
def test_a_server_that_never_answers(server: Any, model: Make, ask: Ask, limit: str) -> None:
    server.handler = wait
    error = late(ask, model(timeout=Timeout(**{limit: 0.03})))
    assert error.details["limit"] == limit
    assert f"raise Timeout({limit}=0.03)" in error.message


def test_a_server_that_does_not_accept(server: Any, model: Make, ask: Ask) -> None:
    # An address reserved for documentation: packets to it vanish, or the network says so at once.
    started = time.monotonic()
    acme = model(base_url="http://192.0.2.1:9", timeout=Timeout(connect=0.03))
    with pytest.raises(OSError, match="acme: no connection"):
        ask(acme)
    assert time.monotonic() - started < 2


def test_a_stream_without_a_first_event(server: Any, model: Make, collect: Any) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        wait(exchange)

    server.handler = handle
    error = late(collect, model(timeout=Timeout(first_event=0.03)))
    assert error.details["limit"] == "first_event"
    assert error.partial is None


def pinging(exchange: Any) -> None:
    while not exchange.seen_fin(0.01):
        exchange.chunk(": still here\n\n")


def test_comments_are_no_first_event(server: Any, model: Make, collect: Any) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        pinging(exchange)

    server.handler = handle
    error = late(collect, model(timeout=Timeout(first_event=0.1)))
    assert error.details["limit"] == "first_event"


@pytest.mark.parametrize("limit", ["between_events", "total"])
def test_comments_are_no_further_event(server: Any, model: Make, collect: Any, limit: str) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        exchange.event(text="Hel")
        pinging(exchange)

    server.handler = handle
    acme = model(timeout=Timeout(**{limit: 0.1}))
    error = late(collect, acme)
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


def test_a_refusal_that_drips_through_a_client_that_was_passed_is_not_read_for_long(
    server: Any, model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx

    def handle(exchange: Any) -> None:
        exchange.send(b"HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n")
        while not exchange.seen_fin(0.01):
            exchange.chunk("no ")

    server.handler = handle
    monkeypatch.setattr("chatmodels.http._bodies.FAILURE_SECONDS", 0.05)
    started = time.monotonic()
    with httpx.Client(verify=False) as client, pytest.raises(ProviderUnavailableError, match="no"):
        model(http_client=client).generate("hi")
    assert time.monotonic() - started < 2


def test_what_the_user_does_between_two_events_takes_no_time(
    server: Any, model: Make, words: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("chatmodels.http._limits.time.monotonic", lambda: now[0])

    def handle(exchange: Any) -> None:
        exchange.begin()
        for _ in range(3):
            exchange.event(text="x")
            server.reports.get(timeout=5)
        exchange.event(end=True)
        exchange.end()

    server.handler = handle
    with model(timeout=Timeout(between_events=10)).stream("hi") as stream:
        for _ in stream.texts():
            now[0] += 1000
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
    started = time.monotonic()
    assert collect(model()).text == "Hello"
    assert time.monotonic() - started < 2
    assert server.reports.get(timeout=5) is True


def test_a_server_that_goes_on_after_the_end_is_not_listened_to(
    server: Any, model: Make, collect: Any
) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        exchange.event(text="Hello", end=True)
        for _ in range(100):
            exchange.event(text="more")
        exchange.end()

    server.handler = handle
    assert collect(model()).text == "Hello"

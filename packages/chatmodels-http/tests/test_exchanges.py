"""The requests of a call, as they are noted for an observer."""

from collections.abc import Callable
from typing import Any

import pytest

from chatmodels.core import ChatModelError, ChatResponse
from chatmodels.core.extending import HttpExchange
from chatmodels.http import HttpChatModel

Make = Callable[..., HttpChatModel]
Ask = Callable[[HttpChatModel], ChatResponse[Any]]


class Noting:
    """An observer that wants the requests of each call noted."""

    def __init__(self) -> None:
        self.exchanges: list[HttpExchange] = []

    def start(self, call: Any) -> None:
        call.exchanges = self.exchanges

    def first_event(self, token: object) -> None:
        pass

    def end(self, token: object, response: object, error: object) -> None:
        self.ended = [exchange.ended is not None for exchange in self.exchanges]


def facts(exchange: HttpExchange) -> tuple[Any, ...]:
    return exchange.method, exchange.status, exchange.failure


def test_a_request_is_noted_with_its_status(
    server: Any, model: Make, ask: Ask, words: Callable[..., Any]
) -> None:
    server.handler = words("hel", "lo")
    noting = Noting()

    ask(model().with_observers(noting))

    assert [facts(exchange) for exchange in noting.exchanges] == [("POST", 200, None)]
    assert noting.exchanges[0].url == f"{server.url}{server.requests[0].path}"
    assert noting.ended == [True]


def test_each_attempt_is_a_request(server: Any, model: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.respond(
        '{"error": "slow down"}', 429, retry_after="0"
    )
    noting = Noting()

    with pytest.raises(ChatModelError):
        ask(model(max_retries=1).with_observers(noting))

    assert [facts(each) for each in noting.exchanges] == [("POST", 429, "rate_limited")] * 2
    assert noting.ended == [True, True]


def test_a_request_that_is_repeated_with_a_new_key_is_recorded(
    server: Any, model: Make, ask: Ask
) -> None:
    keys = iter(["old", "new", "newer"])
    server.handler = lambda exchange: exchange.respond('{"error": "no"}', 401)
    noting = Noting()

    with pytest.raises(ChatModelError):
        ask(model(api_key=lambda: next(keys)).with_observers(noting))

    assert [facts(each) for each in noting.exchanges] == [("POST", 401, "authentication")] * 2


def test_a_request_without_a_response_has_no_status(server: Any, model: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.reset()
    noting = Noting()

    with pytest.raises(ChatModelError):
        ask(model().with_observers(noting))

    assert [facts(exchange) for exchange in noting.exchanges] == [("POST", None, "network")]


def test_a_body_that_breaks_off_is_the_failure_of_its_request(
    server: Any, model: Make, collect: Ask
) -> None:
    def handle(exchange: Any) -> None:
        exchange.begin()
        exchange.event(text="hel")
        exchange.hang_up()

    server.handler = handle
    noting = Noting()

    with pytest.raises(ChatModelError):
        collect(model().with_observers(noting))

    assert [facts(each) for each in noting.exchanges] == [("POST", 200, "stream_interrupted")]


def test_an_exception_of_the_program_is_not_a_failed_request(
    server: Any, model: Make, words: Callable[..., Any]
) -> None:
    server.handler = words("hel", "lo")
    noting = Noting()

    with pytest.raises(LookupError), model().with_observers(noting).stream("hi"):
        raise LookupError

    assert [facts(exchange) for exchange in noting.exchanges] == [("POST", 200, None)]
    assert noting.ended == [True]


def test_invalid_output_is_not_a_failed_request(
    server: Any, model: Make, words: Callable[..., Any]
) -> None:
    server.handler = words("hel", "lo")
    noting = Noting()

    with pytest.raises(ChatModelError):
        model().with_observers(noting).generate("hi", output_type=int)
    with pytest.raises(ChatModelError):
        model().with_observers(noting).stream("hi", output_type=int).collect()

    assert [facts(exchange) for exchange in noting.exchanges] == [("POST", 200, None)] * 2

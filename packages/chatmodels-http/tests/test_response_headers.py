"""The headers of the last response are in the call, for policies and observers."""

from collections.abc import Callable
from typing import Any

import pytest

from chatmodels.core import ChatResponse, NetworkError, RateLimitError
from chatmodels.core.extending import CallInfo
from chatmodels.http import HttpChatModel

Make = Callable[..., HttpChatModel]
Ask = Callable[[HttpChatModel], ChatResponse[Any]]


class Calls:
    """An observer that keeps the calls."""

    def __init__(self) -> None:
        self.calls: list[CallInfo] = []

    def start(self, call: CallInfo, /) -> None:
        self.calls.append(call)

    def end(self, token: None, response: Any, error: BaseException | None, /) -> None: ...


def test_the_headers_of_a_success_are_in_the_call(server: Any, model: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.respond(
        '{"text": "hello"}',
        x_ratelimit_limit_requests="60",
        x_ratelimit_remaining_requests="59",
        x_ratelimit_reset_requests="1s",
    )
    observer = Calls()

    ask(model().with_observers(observer))

    (status,) = observer.calls[0].rate_limits
    assert (status.name, status.limit, status.remaining, status.reset) == ("requests", 60, 59, 1.0)


def test_the_headers_of_a_failure_are_in_the_call(server: Any, model: Make, ask: Ask) -> None:
    server.handler = lambda exchange: exchange.respond(
        "{}", status=429, x_ratelimit_remaining_requests="0"
    )
    observer = Calls()

    with pytest.raises(RateLimitError):
        ask(model().with_observers(observer))

    assert [status.remaining for status in observer.calls[0].rate_limits] == [0]


def test_an_attempt_without_a_response_has_no_headers(server: Any, model: Make, ask: Ask) -> None:
    def handler(exchange: Any) -> object:
        if len(server.requests) == 1:
            return exchange.respond("{}", status=429, retry_after="0")
        server.close()
        exchange.reset()
        return "stop"

    server.handler = handler
    observer = Calls()

    with pytest.raises(NetworkError):
        ask(model(max_retries=1).with_observers(observer))

    assert observer.calls[0].attempts == 2
    assert observer.calls[0].response_headers is None

"""Interceptors replace the engines of requests: of all, or of one call."""

from collections.abc import Callable
from typing import Any

from chatmodels.core import ChatResponse
from chatmodels.http import (
    AsyncEngine,
    AsyncHttpResponse,
    Deadlines,
    Engine,
    HttpChatModel,
    HttpResponse,
    Interceptor,
    RequestHead,
    intercept,
)

Make = Callable[..., HttpChatModel]
Ask = Callable[[HttpChatModel], ChatResponse[Any]]


class Counting:
    """An interceptor that writes its name into a log and sends the request."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.name = name
        self.log = log

    def intercept(self, engine: Engine, provider: str, /) -> Engine:
        return Logging(self, engine, provider)

    def aintercept(self, engine: AsyncEngine, provider: str, /) -> AsyncEngine:
        return AsyncLogging(self, engine, provider)


class Logging(Engine):
    def __init__(self, owner: Counting, engine: Engine, provider: str) -> None:
        self.owner, self.engine, self.provider = owner, engine, provider

    def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> HttpResponse:
        self.owner.log.append(f"{self.owner.name} {self.provider} {head.method}")
        return self.engine.send(head, body, deadlines)


class AsyncLogging(AsyncEngine):
    def __init__(self, owner: Counting, engine: AsyncEngine, provider: str) -> None:
        self.owner, self.engine, self.provider = owner, engine, provider

    async def send(
        self, head: RequestHead, body: bytes, deadlines: Deadlines, /
    ) -> AsyncHttpResponse:
        self.owner.log.append(f"{self.owner.name} {self.provider} {head.method}")
        return await self.engine.send(head, body, deadlines)


class Setting:
    """An observer that sets the interceptor of each call."""

    def __init__(self, interceptor: Interceptor) -> None:
        self.interceptor = interceptor

    def start(self, call: Any) -> None:
        call.interceptor = self.interceptor

    def end(self, token: object, response: object, error: object) -> None:
        """Nothing ends."""


def test_requests_are_intercepted_within_the_block(
    server: Any, model: Make, ask: Ask, words: Callable[..., Any]
) -> None:
    server.handler = words("hel", "lo")
    existing, log = model(), list[str]()
    provider = existing.provider

    with intercept(Counting("first", log)), intercept(Counting("last", log)):
        assert ask(existing).text == "hello"
    assert ask(existing).text == "hello"

    # the one that was installed last is the outermost
    assert log == [f"last {provider} POST", f"first {provider} POST"]


def test_the_interceptor_of_a_call_is_the_outermost(
    server: Any, model: Make, ask: Ask, words: Callable[..., Any]
) -> None:
    server.handler = words("hel", "lo")
    log = list[str]()
    observed = model().with_observers(Setting(Counting("call", log)))

    with intercept(Counting("process", log)):
        assert ask(observed).text == "hello"
        ask(model())
    ask(observed)

    assert [line.partition(" ")[0] for line in log] == ["call", "process", "process", "call"]

from collections.abc import Callable
from typing import Any

import pytest

from chatmodels.http import HttpChatModel

Make = Callable[..., HttpChatModel]
BOTH = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])


def words(*texts: str) -> Callable[[Any], None]:
    def handle(exchange: Any) -> None:
        exchange.begin(x_request_id="req_1")
        for text in texts:
            exchange.event(text=text)
        exchange.event(end=True)
        exchange.chunk("data: [DONE]\n\n")
        exchange.end()

    return handle


def test_a_whole_call(server: Any, model: Make) -> None:
    assert model().generate("hi").text == "hello"


@BOTH
async def test_a_whole_call_awaited(server: Any, model: Make) -> None:
    assert (await model().agenerate("hi")).text == "hello"


def test_a_stream(server: Any, model: Make) -> None:
    server.handler = words("a", "b")
    acme = model()
    for _ in range(3):
        with acme.stream("hi") as stream:
            assert "".join(stream.texts()) == "ab"
        assert stream.response.request_id == "req_1"
    assert server.connections == 1


@BOTH
async def test_a_stream_awaited(server: Any, model: Make) -> None:
    server.handler = words("a", "b")
    acme = model()
    for _ in range(3):
        async with acme.astream("hi") as stream:
            assert [text async for text in stream.texts()] == ["a", "b"]
        assert stream.response.request_id == "req_1"
    assert server.connections == 1

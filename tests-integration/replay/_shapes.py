"""Reads a recorded response through the four call shapes of a model, or by a codec alone."""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Protocol

import httpx

from chatmodels.core import (
    Accumulator,
    ChatModel,
    ChatModelError,
    ChatRequest,
    ChatResponse,
    user,
)
from chatmodels.http import ChatCodec, Frame, HttpFailure
from replay._exchanges import Exchange

Outcome = tuple[ChatResponse[Any] | None, ChatModelError | None]
"""What a call gave, or what it raised."""

HELLO = ChatRequest(messages=(user("Hello"),))


class ModelFactory(Protocol):
    """Makes a model that calls through one of these clients, and does not retry."""

    def __call__(
        self, *, http_client: httpx.Client | None, async_http_client: httpx.AsyncClient | None
    ) -> ChatModel: ...


def read(model: ModelFactory, exchange: Exchange, size: int, *, streamed: bool) -> Outcome:
    """Call `generate` or `stream`; the response arrives in pieces of so many bytes."""
    with httpx.Client(transport=answering(exchange, size), trust_env=False) as client:
        caller = model(http_client=client, async_http_client=None)
        try:
            if streamed:
                return caller.stream("Hello").collect(), None
            return caller.generate("Hello"), None
        except ChatModelError as error:
            return None, error


async def aread(model: ModelFactory, exchange: Exchange, size: int, *, streamed: bool) -> Outcome:
    """Call `agenerate` or `astream`; the response arrives in pieces of so many bytes."""
    transport = answering(exchange, size)
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        caller = model(http_client=None, async_http_client=client)
        try:
            if streamed:
                return await caller.astream("Hello").collect(), None
            return await caller.agenerate("Hello"), None
        except ChatModelError as error:
            return None, error


def answering(exchange: Exchange, size: int) -> httpx.MockTransport:
    """Make a transport that answers every request with one recorded response."""
    status, headers = exchange.response["status"], exchange.response["headers"]
    return httpx.MockTransport(
        lambda _: httpx.Response(status, headers=headers, stream=_Body(exchange.pieces(size)))
    )


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that arrives in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def decode(codec: ChatCodec, exchange: Exchange, size: int, *, streamed: bool) -> Outcome:
    """Read a response by the pure functions of a codec, without a model."""
    status, headers = exchange.response["status"], exchange.response["headers"]
    try:
        if status != 200:
            failure = HttpFailure(status=status, headers=headers, body=exchange.content)
            return None, codec.decode_failure(failure)
        if streamed:
            return decode_stream(codec, frames(codec, exchange.pieces(size))), None
        return codec.decode(exchange.content, HELLO), None
    except ChatModelError as error:
        return None, error


def frames(codec: ChatCodec, pieces: Iterable[bytes]) -> Iterator[Frame]:
    """Cut a stream into the codec's frames."""
    framer = codec.framer()
    for piece in pieces:
        yield from framer.feed(piece)
    yield from framer.close()


def decode_stream(
    codec: ChatCodec, stream: Iterable[Frame], request: ChatRequest = HELLO
) -> ChatResponse[Any]:
    """Read a stream; an error has what came before it as its `partial`."""
    decoder, accumulator = codec.stream_decoder(request), Accumulator()
    try:
        for frame in stream:
            for event in decoder.feed(frame):
                accumulator.add(event)
        for event in decoder.close():
            accumulator.add(event)
    except ChatModelError as error:
        error.partial = accumulator.response()
        raise
    assert accumulator.complete, "the stream did not end"
    return accumulator.response()

"""Reads a recorded response through the four call shapes of a model, or by a codec alone."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from chatmodels.core import (
    Accumulator,
    ChatModel,
    ChatModelError,
    ChatRequest,
    ChatResponse,
    user,
)
from chatmodels.http import AsyncEngine, Codec, Engine, Frame, Head, HttpFailure, Patience
from replay._exchanges import Exchange

Outcome = tuple[ChatResponse[Any] | None, ChatModelError | None]
"""What a call gave, or what it raised."""

HELLO = ChatRequest(messages=(user("Hello"),))


class ModelFactory(Protocol):
    """Makes a model that calls through one of these engines, and does not retry."""

    def __call__(
        self, *, http_client: Engine | None, async_http_client: AsyncEngine | None
    ) -> ChatModel: ...


def read(model: ModelFactory, exchange: Exchange, size: int, *, streamed: bool) -> Outcome:
    """Call `generate` or `stream`; the response arrives in pieces of so many bytes."""
    caller = model(http_client=Replaying(exchange, size), async_http_client=None)
    try:
        if streamed:
            return caller.stream("Hello").collect(), None
        return caller.generate("Hello"), None
    except ChatModelError as error:
        return None, error


async def aread(model: ModelFactory, exchange: Exchange, size: int, *, streamed: bool) -> Outcome:
    """Call `agenerate` or `astream`; the response arrives in pieces of so many bytes."""
    caller = model(http_client=None, async_http_client=AsyncReplaying(exchange, size))
    try:
        if streamed:
            return await caller.astream("Hello").collect(), None
        return await caller.agenerate("Hello"), None
    except ChatModelError as error:
        return None, error


class Replaying(Engine):
    """Answers every request with one recorded response, in pieces of so many bytes."""

    def __init__(self, exchange: Exchange, size: int) -> None:
        self._exchange = exchange
        self._size = size

    def send(self, head: Head, body: bytes, patience: Patience, /) -> "_Answer":
        return _Answer(self._exchange, self._size)


class AsyncReplaying(AsyncEngine):
    """The twin of `Replaying`."""

    def __init__(self, exchange: Exchange, size: int) -> None:
        self._exchange = exchange
        self._size = size

    async def send(self, head: Head, body: bytes, patience: Patience, /) -> "_AsyncAnswer":
        return _AsyncAnswer(self._exchange, self._size)


class _Recorded:
    exact = True

    def __init__(self, exchange: Exchange, size: int) -> None:
        self.status: int = exchange.response["status"]
        headers = exchange.response["headers"]
        self.headers: dict[str, str] = {name.lower(): value for name, value in headers.items()}
        self._pieces = iter(exchange.pieces(size))


class _Answer(_Recorded):
    def read(self) -> bytes | None:
        return next(self._pieces, None)

    def close(self) -> None:
        """Nothing is open."""


class _AsyncAnswer(_Recorded):
    async def read(self) -> bytes | None:
        return next(self._pieces, None)

    async def aclose(self) -> None:
        """Nothing is open."""


def decode(codec: Codec, exchange: Exchange, size: int, *, streamed: bool) -> Outcome:
    """Read a response by the pure functions of a codec, without a model."""
    status, headers = exchange.response["status"], exchange.response["headers"]
    try:
        if status != 200:
            failure = HttpFailure(status=status, headers=headers, body=exchange.content)
            return None, codec.failure(failure)
        if streamed:
            return decode_stream(codec, frames(codec, exchange.pieces(size))), None
        return codec.decode(exchange.content, HELLO), None
    except ChatModelError as error:
        return None, error


def frames(codec: Codec, pieces: Iterable[bytes]) -> Iterator[Frame]:
    """Cut a stream into the codec's frames."""
    framer = codec.framer()
    for piece in pieces:
        yield from framer.feed(piece)
    yield from framer.close()


def decode_stream(
    codec: Codec, stream: Iterable[Frame], request: ChatRequest = HELLO
) -> ChatResponse[Any]:
    """Read a stream; an error has what came before it as its `partial`."""
    decoder, accumulator = codec.decoder(request), Accumulator()
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

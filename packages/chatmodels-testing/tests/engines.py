"""Engines without a network, for tests of the recorder."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from chatmodels.http import AsyncEngine, Deadlines, Engine, RequestHead, TransferError
from chatmodels.testing import Recorder

URL = "https://api.example/v1/chat/completions"
JSON = {"content-type": "application/json"}
EVENTS = {"content-type": "text/event-stream"}


class Clock:
    """A clock that moves only when it is told to, or when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)


class Limits:
    """Time limits of a request."""

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds

    def connect(self) -> float | None:
        return self.seconds

    def read(self) -> float | None:
        return self.seconds

    def left(self) -> float | None:
        return self.seconds


class _Served:
    exact = True

    def __init__(self, server: "Server") -> None:
        self.status = server.status
        self.headers = server.headers
        self._server = server
        self._pieces = iter(server.pieces)

    def next(self) -> bytes | None:
        piece = next(self._pieces, None)
        if piece is None and self._server.breaks:
            raise TransferError("broken", "reset by peer")
        self._server.clock.now += 0.25
        return piece


class _Response(_Served):
    def read(self) -> bytes | None:
        return self.next()

    def close(self) -> None:
        """Nothing is open."""


class _AsyncResponse(_Served):
    async def read(self) -> bytes | None:
        return self.next()

    async def aclose(self) -> None:
        """Nothing is open."""


class Server:
    """What the engines return; each request takes half a second, and each piece a quarter."""

    def __init__(
        self,
        *pieces: bytes,
        status: int = 200,
        headers: Mapping[str, str] = JSON,
        breaks: bool = False,
        refuses: bool = False,
    ) -> None:
        self.pieces = pieces
        self.status = status
        self.headers = headers
        self.breaks = breaks
        self.refuses = refuses
        self.requests = 0
        self.clock = Clock()

    def serve(self) -> None:
        self.requests += 1
        self.clock.now += 0.5
        if self.refuses:
            raise TransferError("connect", "refused")


class Sending(Engine):
    def __init__(self, server: Server) -> None:
        self.server = server

    def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> _Response:
        self.server.serve()
        return _Response(self.server)


class AsyncSending(AsyncEngine):
    def __init__(self, server: Server) -> None:
        self.server = server

    async def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> _AsyncResponse:
        self.server.serve()
        return _AsyncResponse(self.server)


def request(prompt: object, url: str = URL, **headers: str) -> tuple[RequestHead, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}]}
    return RequestHead("POST", url, tuple(named.items())), msgspec.json.encode(body)


NOTHING = Server()


def send(
    recorder: Recorder,
    sent: tuple[RequestHead, bytes],
    server: Server = NOTHING,
    *,
    seconds: float | None = None,
    pieces: int | None = None,
    provider: str = "openai",
) -> Sequence[bytes]:
    """Send a request through a recorder, and read its response to its end or some pieces of it."""
    response = recorder.intercept(Sending(server), provider).send(*sent, Limits(seconds))
    read: list[bytes] = []
    while pieces is None or len(read) < pieces:
        piece = response.read()
        if piece is None:
            break
        read.append(piece)
    response.close()
    return read


async def asend(
    recorder: Recorder,
    sent: tuple[RequestHead, bytes],
    server: Server = NOTHING,
    *,
    seconds: float | None = None,
) -> Sequence[bytes]:
    """Async version of `send`."""
    engine = recorder.aintercept(AsyncSending(server), "openai")
    response = await engine.send(*sent, Limits(seconds))
    read: list[bytes] = []
    while (piece := await response.read()) is not None:
        read.append(piece)
    await response.aclose()
    return read


def whole(text: str) -> bytes:
    body: dict[str, Any] = {"choices": [{"index": 0, "message": {"content": text}}]}
    return msgspec.json.encode(body)

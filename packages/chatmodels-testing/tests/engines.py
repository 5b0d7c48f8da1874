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
    """A clock that moves only by assignment and by `sleep`."""

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

    def connect(self) -> None:
        """Nothing connects."""

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
        self._chunks = iter(server.chunks)

    def next(self) -> bytes | None:
        chunk = next(self._chunks, None)
        if chunk is None and self._server.breaks:
            raise TransferError("broken", "reset by peer")
        self._server.clock.now += 0.25
        return chunk


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
    """The responses of the engines: a head takes half a second, and each chunk a quarter."""

    def __init__(
        self,
        *chunks: bytes,
        status: int = 200,
        headers: Mapping[str, str] = JSON,
        breaks: bool = False,
        refuses: bool = False,
    ) -> None:
        self.chunks = chunks
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
    chunks: int | None = None,
    provider: str = "openai",
) -> Sequence[bytes]:
    """Send a request through a recorder, and read its response to its end or some chunks of it."""
    response = recorder.intercept(Sending(server), provider).send(*sent, Limits(seconds))
    read: list[bytes] = []
    while chunks is None or len(read) < chunks:
        chunk = response.read()
        if chunk is None:
            break
        read.append(chunk)
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
    while (chunk := await response.read()) is not None:
        read.append(chunk)
    await response.aclose()
    return read


def whole(text: str) -> bytes:
    body: dict[str, Any] = {"choices": [{"index": 0, "message": {"content": text}}]}
    return msgspec.json.encode(body)

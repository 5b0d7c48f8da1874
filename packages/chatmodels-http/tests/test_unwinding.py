"""Streams of HTTP libraries whose reader leaves early or late, without a connection."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpcore
import httpx
import pytest

from chatmodels.core import Timeout
from chatmodels.http._deadlines import Limits
from chatmodels.http._transport import injected
from chatmodels.http._transport.httpcore_async_engine import _Response
from chatmodels.http._transport.httpcore_streams import AsyncTimedBackend, TimedBackend
from chatmodels.http._transport.pool import IdleConnections

BROKEN = httpcore.ReadError("the connection is closed")


class Connection:
    def __init__(self) -> None:
        self.aborted = 0
        self.kept: list[object] = []

    def keep(self, headers: object) -> None:
        self.kept.append(headers)

    def reusable(self) -> bool:
        return True

    def abort(self) -> None:
        self.aborted += 1


class Body:
    """A body of httpcore: chunks or errors to raise, and a count of its closings."""

    def __init__(self, *chunks: Any) -> None:
        self.left = list(chunks)
        self.closed = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.left:
            chunk = self.left.pop(0)
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    async def aclose(self) -> None:
        self.closed += 1


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param((), id="is over"),
        pytest.param((b"more", b"and more"), id="had come"),
        pytest.param((BROKEN,), id="broke off"),
        pytest.param((b"more", RuntimeError("the event loop ends")), id="is torn down"),
    ],
)
async def test_the_rest_of_a_body_that_is_left_early_is_unwound(rest: tuple[Any, ...]) -> None:
    body, connection = Body(b"first", *rest), Connection()
    idle: IdleConnections[Any] = IdleConnections(Connection)
    response = _Response(httpcore.Response(200, content=body), connection, idle)
    assert await response.read() == b"first"
    await response.aclose()
    await response.aclose()
    assert (body.left, body.closed, connection.aborted) == ([], 1, 1)
    assert idle.acquire() is not connection


async def test_a_body_that_was_read_to_its_end_keeps_its_connection() -> None:
    body, connection = Body(b"first"), Connection()
    idle: IdleConnections[Any] = IdleConnections(Connection)
    response = _Response(httpcore.Response(200, content=body), connection, idle)
    assert [await response.read(), await response.read()] == [b"first", None]
    await response.aclose()
    assert (body.closed, connection.aborted) == (1, 0)
    assert connection.kept == [response.headers]
    assert idle.acquire() is connection


@pytest.mark.parametrize(
    ("rest", "left"),
    [
        pytest.param((), 0, id="is over"),
        pytest.param((b"more", b"and more"), 0, id="had come"),
        pytest.param((b"more", httpx.ReadError("the connection is closed")), 0, id="broke off"),
        pytest.param((b"more",) * 5, 2, id="goes on"),
    ],
)
async def test_the_rest_of_a_body_of_a_client_is_unwound_within_bounds(
    rest: tuple[Any, ...], left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(injected, "_MAX_UNWOUND", 3)
    body = Body(b"first", *rest)
    response = SimpleNamespace(
        status_code=200,
        headers={},
        is_stream_consumed=False,
        aiter_raw=lambda: aiter(body),
        aclose=body.aclose,
    )
    wrapped = injected._AsyncResponse(response, "httpx", Limits(Timeout(), "acme"))
    assert await wrapped.read() == b"first"
    await wrapped.aclose()
    assert (len(body.left), body.closed) == (left, 1)


def late() -> Limits:
    now = [100.0]
    limits = Limits(Timeout(total=10), "acme", deadline=110.0, clock=lambda: now[0])
    now[0] = 110.0
    return limits


class Silent(httpcore.NetworkStream, httpcore.AsyncNetworkStream):
    """A stream that must not be read."""

    def get_extra_info(self, info: str) -> None:
        return None


def test_nothing_is_read_after_the_time_limit() -> None:
    backend = TimedBackend(httpcore.SyncBackend())
    backend.deadlines = late()
    stream = backend.layer(Silent())
    with pytest.raises(httpcore.ReadTimeout):
        stream.read(1)


async def test_nothing_is_read_by_an_async_call_after_the_time_limit() -> None:
    backend = AsyncTimedBackend(httpcore.AnyIOBackend())
    backend.deadlines = late()
    stream = backend.layer(Silent())
    with pytest.raises(httpcore.ReadTimeout):
        await stream.read(1)


async def test_nothing_is_read_from_a_closed_async_connection() -> None:
    backend = AsyncTimedBackend(httpcore.AnyIOBackend())
    stream = backend.layer(Silent())
    backend.aborted = True
    with pytest.raises(httpcore.ReadError):
        await stream.read(1)

"""Bodies that end, break off, last too long or are too large, read without a connection."""

from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    CallTimeoutError,
    ChatModelError,
    NetworkError,
    ResponseInvalidError,
    Timeout,
)
from chatmodels.http import TransferError, _bodies
from chatmodels.http._deadlines import Limits

BROKEN = TransferError("broken", "the peer closed the connection")


class Chunks:
    """A response whose body is a list; an error in it is raised, and a number lets time pass."""

    status = 503
    exact = True

    def __init__(self, *body: bytes | float | TransferError) -> None:
        self.headers: dict[str, str] = {}
        self.now = 100.0
        self.closed = 0
        self._body = list(body)

    def limits(self, **given: float) -> Limits:
        return Limits(Timeout(**given), "acme", deadline=200.0, clock=lambda: self.now)

    def left(self) -> int:
        return len(self._body)

    def read(self) -> bytes | None:
        while self._body:
            match self._body.pop(0):
                case float(seconds):
                    self.now += seconds
                case TransferError() as error:
                    raise error
                case chunk:
                    return chunk
        return None

    def close(self) -> None:
        self.closed += 1


class AsyncChunks:
    """The async version of the response."""

    def __init__(self, response: Chunks) -> None:
        self._response = response

    async def read(self) -> bytes | None:
        await anyio.lowlevel.checkpoint()
        return self._response.read()

    async def aclose(self) -> None:
        self._response.close()


def awaited(function: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
    def call(response: Chunks, *arguments: Any) -> Any:
        async def run() -> Any:
            return await function(AsyncChunks(response), *arguments)

        return anyio.run(run)

    return call


def twins(name: str) -> pytest.MarkDecorator:
    functions = [getattr(_bodies, name), awaited(getattr(_bodies, f"a{name}"))]
    return pytest.mark.parametrize("read", functions, ids=["sync", "async"])


def same(error: ChatModelError, response: object) -> ChatModelError:
    return error


@twins("read_body")
def test_a_whole_body_consists_of_its_chunks(read: Any) -> None:
    response = Chunks(b"so", b" it ", b"is")
    assert read(response, response.limits(), "acme", same) == b"so it is"
    assert response.closed == 1


@twins("read_body")
def test_a_whole_body_that_breaks_off_is_an_error(read: Any) -> None:
    response = Chunks(b"so", BROKEN)
    with pytest.raises(NetworkError):
        read(response, response.limits(), "acme", same)
    assert response.closed == 1


@twins("read_body")
def test_a_whole_body_that_lasts_too_long_is_an_error(read: Any) -> None:
    response = Chunks(b"so", 100.0, b" it is")
    with pytest.raises(CallTimeoutError) as caught:
        read(response, response.limits(total=100), "acme", same)
    assert caught.value.details["limit"] == "total"
    assert response.closed == 1


@twins("read_body")
def test_a_whole_body_that_is_too_large_is_an_error(
    read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_bodies, "MAX_BODY_BYTES", 4)
    response = Chunks(b"so", b" it", b" is")
    with pytest.raises(ResponseInvalidError):
        read(response, response.limits(), "acme", same)
    assert (response.closed, response.left()) == (1, 1)


@twins("read_failure")
@pytest.mark.parametrize(
    "end",
    [
        pytest.param((), id="ends"),
        pytest.param((BROKEN,), id="breaks off"),
        pytest.param((_bodies.FAILURE_SECONDS, b"!", b"unread"), id="lasts too long"),
    ],
)
def test_a_failure_has_the_part_of_the_body_that_arrived(read: Any, end: tuple[Any, ...]) -> None:
    response = Chunks(b"no ", b"room", *end)
    limits = response.limits(read=60.0)
    assert read(response, limits).startswith(b"no room")
    assert limits.read() == 60.0
    assert response.closed == 1
    assert response.left() == len(end[2:])
    assert response.limits(read=60.0).read() == 60.0


@twins("read_failure")
def test_the_body_of_a_failure_is_bounded(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_bodies, "MAX_FAILURE_BYTES", 4)
    response = Chunks(b"no ", b"room", b"unread")
    assert read(response, response.limits()) == b"no r"
    assert (response.closed, response.left()) == (1, 1)


@twins("drain")
@pytest.mark.parametrize(
    "rest",
    [
        pytest.param((), id="ends"),
        pytest.param((b" ", b"\n"), id="ends after some bytes"),
        pytest.param((b" ", BROKEN), id="breaks off"),
    ],
)
def test_the_rest_of_a_body_is_read(read: Any, rest: tuple[Any, ...]) -> None:
    response = Chunks(*rest)
    read(response, response.limits())
    assert response.left() == 0


@twins("drain")
def test_the_rest_of_an_endless_body_is_not_read(read: Any) -> None:
    response = Chunks(*[b" "] * (_bodies.MAX_DRAIN_CHUNKS + 1))
    read(response, response.limits())
    assert response.left() == 1


def test_the_rest_of_a_body_is_not_read_if_reading_could_last() -> None:
    response = Chunks(b" ")
    response.exact = False
    _bodies.drain(response, response.limits())
    assert response.left() == 1

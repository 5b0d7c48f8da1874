"""Responses that are replayed from a recorded exchange, chunk by chunk."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from chatmodels.http import Deadlines, TransferError
from chatmodels.testing._recordings import RecordedTiming, Recording

_KINDS = frozenset(
    {
        *("connect", "certificate", "connect_timeout", "pool_timeout", "timeout", "broken"),
        *("undecodable", "unusable"),
    }
)
_UNTIMED = RecordedTiming()


class Pacing:
    """The waiting before each chunk of a replayed response.

    Args:
        speed: The factor by which the replay is faster than the recording; None to never wait.
        sleep: Waits for seconds in a sync call.
        asleep: Waits for seconds in an async call; None for `anyio.sleep`.
    """

    def __init__(
        self,
        speed: float | None,
        sleep: Callable[[float], object],
        asleep: Callable[[float], Awaitable[object]] | None,
    ) -> None:
        self._speed = speed
        self._sleep = sleep
        self._asleep = asleep

    def wait(self, seconds: float, limit: float | None) -> None:
        """Wait as long as was recorded.

        Raises:
            TransferError: The time limit is shorter.
        """
        if self._speed is not None and seconds:
            wait, too_long = _within(seconds / self._speed, limit)
            self._sleep(wait)
            if too_long:
                raise _late()

    async def await_(self, seconds: float, limit: float | None) -> None:
        """Async version of `wait`."""
        if self._speed is not None and seconds:
            from anyio import sleep

            wait, too_long = _within(seconds / self._speed, limit)
            await (self._asleep or sleep)(wait)
            if too_long:
                raise _late()


class _Replayed:
    """A recorded response whose head has arrived."""

    exact = True

    def __init__(self, exchange: Recording, deadlines: Deadlines, pacing: Pacing) -> None:
        response = exchange.response
        self.status = response.status
        headers = {name.lower(): value for name, value in response.headers.items()}
        if not headers.setdefault("content-type", response.content_type):
            del headers["content-type"]  # the provider sent none
        self.headers: Mapping[str, str] = headers
        self._failure = response.failure
        self._deadlines = deadlines
        self._pacing = pacing
        self._chunks = _chunks(exchange)

    def _end(self) -> None:
        if self._failure:
            raise _failed(self._failure)


class ReplayedResponse(_Replayed):
    """A recorded response, as an `HttpResponse`."""

    def read(self) -> bytes | None:
        """Return the next chunk; None at the end of the body."""
        for chunk, seconds in self._chunks:
            self._pacing.wait(seconds, self._deadlines.read())
            return chunk
        self._end()
        return None

    def close(self) -> None:
        """Do nothing: there is no connection."""


class AsyncReplayedResponse(_Replayed):
    """A recorded response, as an `AsyncHttpResponse`."""

    async def read(self) -> bytes | None:
        """Return the next chunk; None at the end of the body."""
        for chunk, seconds in self._chunks:
            await self._pacing.await_(seconds, self._deadlines.read())
            return chunk
        self._end()
        return None

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""


def replay(exchange: Recording, deadlines: Deadlines, pacing: Pacing, /) -> ReplayedResponse:
    """Replay a response up to its head.

    Raises:
        TransferError: No head was recorded, or it arrives too late.
    """
    timing = exchange.response.timing or _UNTIMED
    pacing.wait(timing.head, deadlines.left())
    if not exchange.response.status:
        raise _failed(exchange.response.failure)
    return ReplayedResponse(exchange, deadlines, pacing)


async def areplay(
    exchange: Recording, deadlines: Deadlines, pacing: Pacing, /
) -> AsyncReplayedResponse:
    """Async version of `replay`."""
    timing = exchange.response.timing or _UNTIMED
    await pacing.await_(timing.head, deadlines.left())
    if not exchange.response.status:
        raise _failed(exchange.response.failure)
    return AsyncReplayedResponse(exchange, deadlines, pacing)


def _chunks(exchange: Recording) -> Iterator[tuple[bytes, float]]:
    timing = exchange.response.timing
    if timing is not None and timing.chunks:
        seconds = (each for _, each in timing.chunks)
        return iter(zip(timing.cut(exchange.content), seconds, strict=True))
    chunks = exchange.chunks if exchange.streamed else (exchange.content,)
    return iter([(chunk, 0.0) for chunk in chunks])


def _within(seconds: float, limit: float | None) -> tuple[float, bool]:
    if limit is None or seconds <= limit:
        return seconds, False
    return max(limit, 0.0), True


def _late() -> TransferError:
    return TransferError("timeout", "the recorded response takes longer")


def _failed(failure: str) -> TransferError:
    if failure == "left":
        return TransferError(
            "broken", "the recording ends here, because its client did not read on; record it again"
        )
    kind: Any = failure if failure in _KINDS else "broken"
    return TransferError(kind, f"recorded: {failure or 'no response'}")

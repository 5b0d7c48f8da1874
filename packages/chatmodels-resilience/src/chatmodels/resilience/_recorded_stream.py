"""Reports the response of a stream at its last event, to store it."""

from collections.abc import AsyncIterable, Callable
from typing import Any

from chatmodels.core import ChatResponse, StreamEnd, StreamEvent
from chatmodels.core.extending import Accumulator, StartedStream, running_library

Report = Callable[[ChatResponse[Any]], object]


def recorded(stream: StartedStream[Any], report: Report, *, blocks: bool) -> StartedStream[Any]:
    """Return a stream whose response is reported before its last event is yielded.

    Args:
        stream: The stream.
        report: Called with the response.
        blocks: Whether `report` can block, so that an async stream runs it in a worker thread.
    """
    if isinstance(stream.events, AsyncIterable):
        return StartedStream(stream.first, _AsyncRecordedEvents(stream, report, blocks=blocks))
    return StartedStream(stream.first, _RecordedEvents(stream, report))


class _RecordedEvents:
    def __init__(self, stream: StartedStream[Any], report: Report) -> None:
        self._source = stream.events
        self._next = iter(stream.events).__next__
        self._report = report
        self._events: list[StreamEvent] = [stream.first]

    def __iter__(self) -> "_RecordedEvents":
        return self

    def __next__(self) -> StreamEvent:
        event = self._next()
        self._events.append(event)
        if type(event) is StreamEnd:
            self._report(_response(self._events))
        return event

    def close(self) -> None:
        """Close the stream."""
        if (close := getattr(self._source, "close", None)) is not None:
            close()


class _AsyncRecordedEvents:
    def __init__(self, stream: StartedStream[Any], report: Report, *, blocks: bool) -> None:
        self._source = stream.events
        self._next = aiter(stream.events).__anext__
        self._report = report
        self._blocks = blocks
        self._events: list[StreamEvent] = [stream.first]

    def __aiter__(self) -> "_AsyncRecordedEvents":
        return self

    async def __anext__(self) -> StreamEvent:
        event = await self._next()
        self._events.append(event)
        if type(event) is StreamEnd:
            response = _response(self._events)
            if self._blocks:
                await running_library().in_thread(lambda: self._report(response))
            else:
                self._report(response)
        return event

    async def aclose(self) -> None:
        """Close the stream."""
        if (close := getattr(self._source, "aclose", None)) is not None:
            await close()


def _response(events: list[StreamEvent]) -> ChatResponse[Any]:
    accumulator = Accumulator()
    for event in events:
        accumulator.add(event)
    events.clear()
    return accumulator.response()

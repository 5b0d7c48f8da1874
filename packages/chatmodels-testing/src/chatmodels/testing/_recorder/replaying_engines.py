"""Engines that replay recorded exchanges, and record the requests that have none."""

from collections.abc import Callable
from typing import NamedTuple

from chatmodels.http import (
    AsyncEngine,
    AsyncHttpResponse,
    Deadlines,
    Engine,
    HttpResponse,
    RequestHead,
)
from chatmodels.testing._recorder.capture import Capture
from chatmodels.testing._recorder.recording_engines import AsyncRecordingEngine, RecordingEngine
from chatmodels.testing._recorder.replayed import Pacing, areplay, replay
from chatmodels.testing._recordings import Recording


class Exchanges(NamedTuple):
    """The exchanges of a recorder, for an engine.

    Attributes:
        find: Returns the exchange to replay for a request; None to send and record it. It raises
            `MissingExchangeError` if there is none, and nothing is recorded.
        begin: Starts to record a request.
        pacing: The waiting during a replay.
    """

    find: Callable[[RequestHead, bytes], Recording | None]
    begin: Callable[[RequestHead, bytes], Capture]
    pacing: Pacing


class ReplayingEngine(Engine):
    """Replays a request, or sends it with another engine and records it."""

    def __init__(self, engine: Engine, exchanges: Exchanges) -> None:
        self._engine = engine
        self._exchanges = exchanges

    def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> HttpResponse:
        """Return a recorded response, or that of the other engine."""
        found = self._exchanges.find(head, body)
        if found is not None:
            return replay(found, deadlines, self._exchanges.pacing)
        capture = self._exchanges.begin(head, body)
        return RecordingEngine(self._engine, capture).send(head, body, deadlines)


class AsyncReplayingEngine(AsyncEngine):
    """Async version of `ReplayingEngine`."""

    def __init__(self, engine: AsyncEngine, exchanges: Exchanges) -> None:
        self._engine = engine
        self._exchanges = exchanges

    async def send(
        self, head: RequestHead, body: bytes, deadlines: Deadlines, /
    ) -> AsyncHttpResponse:
        """Return a recorded response, or that of the other engine."""
        found = self._exchanges.find(head, body)
        if found is not None:
            return await areplay(found, deadlines, self._exchanges.pacing)
        capture = self._exchanges.begin(head, body)
        return await AsyncRecordingEngine(self._engine, capture).send(head, body, deadlines)

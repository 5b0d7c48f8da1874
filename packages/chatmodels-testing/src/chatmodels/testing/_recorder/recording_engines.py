"""Engines that record the exchanges of another engine while the client reads them."""

from collections.abc import Mapping

from chatmodels.http import (
    AsyncEngine,
    AsyncHttpResponse,
    Deadlines,
    Engine,
    HttpResponse,
    RequestHead,
    TransferError,
)
from chatmodels.testing._recorder.capture import Capture


class RecordingEngine(Engine):
    """Sends one request with another engine and captures it."""

    def __init__(self, engine: Engine, capture: Capture) -> None:
        self._engine = engine
        self._capture = capture

    def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> HttpResponse:
        """Send a request with the other engine."""
        try:
            response = self._engine.send(head, body, deadlines)
        except TransferError as error:
            self._capture.end(error.kind)
            raise
        self._capture.head(response.status, response.headers)
        return _CapturedResponse(response, self._capture)


class AsyncRecordingEngine(AsyncEngine):
    """Async version of `RecordingEngine`."""

    def __init__(self, engine: AsyncEngine, capture: Capture) -> None:
        self._engine = engine
        self._capture = capture

    async def send(
        self, head: RequestHead, body: bytes, deadlines: Deadlines, /
    ) -> AsyncHttpResponse:
        """Send a request with the other engine."""
        try:
            response = await self._engine.send(head, body, deadlines)
        except TransferError as error:
            self._capture.end(error.kind)
            raise
        self._capture.head(response.status, response.headers)
        return _AsyncCapturedResponse(response, self._capture)


class _CapturedResponse:
    def __init__(self, response: HttpResponse, capture: Capture) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._capture = capture

    @property
    def exact(self) -> bool:
        return self._response.exact

    def read(self) -> bytes | None:
        try:
            chunk = self._response.read()
        except TransferError as error:
            self._capture.end(error.kind)
            raise
        _add(self._capture, chunk)
        return chunk

    def close(self) -> None:
        self._response.close()


class _AsyncCapturedResponse:
    def __init__(self, response: AsyncHttpResponse, capture: Capture) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._capture = capture

    async def read(self) -> bytes | None:
        try:
            chunk = await self._response.read()
        except TransferError as error:
            self._capture.end(error.kind)
            raise
        _add(self._capture, chunk)
        return chunk

    async def aclose(self) -> None:
        await self._response.aclose()


def _add(capture: Capture, chunk: bytes | None) -> None:
    if chunk is None:
        capture.end()
    else:
        capture.add(chunk)

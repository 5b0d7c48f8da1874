"""An observer that exports the exchange of each failing call, to reproduce it in a test."""

import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from threading import Lock

import msgspec

from chatmodels.core import ChatModelError
from chatmodels.core.extending import CallInfo
from chatmodels.http import (
    AsyncEngine,
    AsyncHttpResponse,
    Deadlines,
    Engine,
    HttpResponse,
    Interceptor,
    RequestHead,
)
from chatmodels.testing._recorder.capture import Capture, recorded_request
from chatmodels.testing._recorder.recording_engines import AsyncRecordingEngine, RecordingEngine
from chatmodels.testing._recorder.scrubbing import Scrubber
from chatmodels.testing._recorder.writing import write_recording
from chatmodels.testing._recordings import Recording

Export = Callable[[Recording, ChatModelError], object]
"""Receives the scrubbed exchange of a failed call, and the error."""


class FailureExporter:
    """An observer that exports the last HTTP exchange of each failing call.

    It is made for production: `model.with_observers(FailureExporter("failures"))`. The exchange is
    scrubbed, and has what arrived of the response, also of a stream that broke, and the reason, if
    none arrived. A `Recorder` or a simulator replays it. Prompts are kept, unless a scrubber
    removes them. A call that succeeds after retries is not exported.

    Threads and tasks can share it. The bodies of running calls are kept in memory, up to the limit.

    Args:
        to: A folder, or a function that receives the exchange and the error. In a folder, the name
            of a file consists of provider, code of the error and a hash of the request and the
            status, so that equal failures are written once.
        scrubber: Removes what must not be kept; None for a `Scrubber()`.
        max_bytes: The largest part of the body of a response that is kept.
        max_files: The largest number of exchanges that are written to the folder.

    Raises:
        ValueError: A limit is not positive.
    """

    def __init__(
        self,
        to: str | Path | Export,
        /,
        *,
        scrubber: Scrubber | None = None,
        max_bytes: int = 1024 * 1024,
        max_files: int = 100,
    ) -> None:
        if max_bytes < 1 or max_files < 1:
            raise ValueError("max_bytes and max_files must be at least 1")
        self._export: Export = _Folder(Path(to), max_files) if isinstance(to, str | Path) else to
        self._scrub = Scrubber() if scrubber is None else scrubber
        self._max_bytes = max_bytes

    def start(self, call: CallInfo, /) -> "_Captures":
        """Begin to keep the exchanges of a call."""
        captures = _Captures(call.interceptor, self._max_bytes)
        call.interceptor = captures
        return captures

    def end(self, token: "_Captures", response: object, error: BaseException | None, /) -> None:
        """Export the last exchange of a failed call."""
        last, token.last = token.last, None
        if last is not None and isinstance(error, ChatModelError):
            exchange = msgspec.structs.replace(
                last.recording(), tags=("failure", str(error.code.value))
            )
            self._export(self._scrub(exchange), error)


class _Folder:
    """Writes exchanges into a folder, equal failures once."""

    def __init__(self, folder: Path, max_files: int) -> None:
        self._folder = folder.absolute()  # the program can change the working directory
        self._left = max_files
        self._lock = Lock()

    def __call__(self, exchange: Recording, error: ChatModelError) -> None:
        response, request = exchange.response, exchange.request
        # ids of requests and times differ each time
        facts = (request and (request.url, request.body), response.status, response.failure)
        digest = sha256(msgspec.json.encode(facts, order="deterministic")).hexdigest()[:12]
        path = self._folder / f"{exchange.provider}-{error.code.value}-{digest}.json"
        with self._lock:
            if self._left and not path.exists():
                write_recording(exchange, path)
                self._left -= 1


class _Captures:
    """Keeps the last exchange of one call; another interceptor of the call applies first."""

    def __init__(self, inner: Interceptor | None, max_bytes: int) -> None:
        self._inner = inner
        self._max_bytes = max_bytes
        self.last: Capture | None = None

    def intercept(self, engine: Engine, provider: str, /) -> Engine:
        if self._inner is not None:
            engine = self._inner.intercept(engine, provider)
        return _Engine(self, engine, provider)

    def aintercept(self, engine: AsyncEngine, provider: str, /) -> AsyncEngine:
        if self._inner is not None:
            engine = self._inner.aintercept(engine, provider)
        return _AsyncEngine(self, engine, provider)

    def begin(self, head: RequestHead, body: bytes, provider: str, /) -> Capture:
        request = recorded_request(head.method, head.url, dict(head.headers), body)
        self.last = Capture(provider, request, time.monotonic, self._max_bytes)
        return self.last


class _Engine(Engine):
    def __init__(self, captures: _Captures, engine: Engine, provider: str) -> None:
        self._captures = captures
        self._engine = engine
        self._provider = provider

    def send(self, head: RequestHead, body: bytes, deadlines: Deadlines, /) -> HttpResponse:
        capture = self._captures.begin(head, body, self._provider)
        return RecordingEngine(self._engine, capture).send(head, body, deadlines)


class _AsyncEngine(AsyncEngine):
    def __init__(self, captures: _Captures, engine: AsyncEngine, provider: str) -> None:
        self._captures = captures
        self._engine = engine
        self._provider = provider

    async def send(
        self, head: RequestHead, body: bytes, deadlines: Deadlines, /
    ) -> AsyncHttpResponse:
        capture = self._captures.begin(head, body, self._provider)
        return await AsyncRecordingEngine(self._engine, capture).send(head, body, deadlines)

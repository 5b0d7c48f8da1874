"""The recorder: keeps the HTTP exchanges of models in a folder, and replays them from there."""

import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from re import Pattern
from threading import Lock
from typing import Literal, Self, get_args

from chatmodels.core.extending import CallInfo
from chatmodels.http import AsyncEngine, Engine, RequestHead, intercept
from chatmodels.testing._recorder.capture import Capture, recorded_request
from chatmodels.testing._recorder.cassette import Cassette, write_exchanges
from chatmodels.testing._recorder.matching import Matching
from chatmodels.testing._recorder.missing import MissingExchangeError
from chatmodels.testing._recorder.replayed import Pacing
from chatmodels.testing._recorder.replaying_engines import (
    AsyncReplayingEngine,
    Exchanges,
    ReplayingEngine,
)
from chatmodels.testing._recorder.scrubbing import Scrubber
from chatmodels.testing._recordings import RecordedRequest, RecordedResponse, Recording

RecordMode = Literal["none", "once", "new", "all"]
"""Which requests are sent and recorded; see `Recorder`."""


class Recorder:
    """Records the HTTP exchanges of models in a folder, and replays them without a network.

    In a `with` block, all requests of chatmodels in the process pass through it: calls of models
    that exist already, with chatmodels' own connections or with injected clients, sync and async,
    whole and streamed, and listings, health checks and counts of tokens. As an observer
    (`model.with_observers(recorder)`), only the calls of these models do; then call `save` at the
    end. Threads and tasks can share it.

    A request gets the next exchange, in the order of recording, that has an equal method, path,
    query and body. The order of keys, the host and the headers do not matter, so that tests need
    neither a key nor the address of the recording. The chunks of a body arrive as they were
    recorded.

    Exchanges are scrubbed before they are written; see `Scrubber`. Those that failed in transit
    are not recorded.

    Args:
        folder: The folder of the exchanges, with one file for each and the text of a stream beside.
        mode: "none" to replay only; "once" to record all if the folder has no exchanges, and else
            to replay only; "new" to replay the recorded requests and record the others; "all" to
            send and record all requests, in place of the former exchanges.
        scrubber: Removes what must not be kept; None for a `Scrubber()`.
        ignore: Places in requests that do not matter, such as "body.metadata.run"; "*" is any key
            or position.
        noise: Regular expressions of texts in requests that do not matter, such as dates.
        repeat: Whether the last exchange with a request is replayed again and again; by default,
            each is replayed once.
        speed: The factor by which a replay is faster than the recording; None to never wait.
        clock: Returns the time in seconds.
        sleep: Waits for seconds in a sync call.
        asleep: Waits for seconds in an async call; None for `anyio.sleep`.

    Attributes:
        folder: The folder, as an absolute path.
        mode: The mode.
        missing: The messages about requests without an exchange.

    Raises:
        ValueError: An argument is invalid, or a file in the folder is not a recorded exchange.
        re.error: A pattern is not a regular expression.
    """

    def __init__(
        self,
        folder: str | Path,
        mode: RecordMode = "none",
        *,
        scrubber: Scrubber | None = None,
        ignore: Iterable[str] = (),
        noise: Iterable[str | Pattern[str]] = (),
        repeat: bool = False,
        speed: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        asleep: Callable[[float], Awaitable[object]] | None = None,
    ) -> None:
        if mode not in get_args(RecordMode):
            raise ValueError(f"mode must be one of {', '.join(get_args(RecordMode))}, not {mode!r}")
        if speed is not None and not speed > 0:
            raise ValueError(f"speed must be above 0, or None to never wait, not {speed!r}")
        self.folder = Path(folder).absolute()  # the program can change the working directory
        self.mode: RecordMode = mode
        self.missing: list[str] = []
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"{self.folder} is not a folder of recorded exchanges")
        self._scrub = Scrubber() if scrubber is None else scrubber
        self._pacing = Pacing(speed, sleep, asleep)
        self._clock = clock
        matching = Matching(ignore, noise)
        self._cassette = Cassette(self.folder, matching, repeat=repeat, name=Path(folder))
        self._records = mode in ("new", "all") or (mode == "once" and not len(self._cassette))
        self._captures: list[Capture] = []
        self._lock = Lock()
        self._installed: ExitStack | None = None
        self._adds = mode == "new"  # to the exchanges of the folder

    def __enter__(self) -> Self:
        if self._installed is not None:
            raise RuntimeError("the recorder is in use already")
        self._installed = ExitStack()
        self._installed.enter_context(intercept(self))
        return self

    def __exit__(self, *_: object) -> None:
        if self._installed is not None:
            self._installed.close()
            self._installed = None
        self.save()

    @property
    def unused(self) -> tuple[str, ...]:
        """The files of the folder that were not replayed."""
        return self._cassette.unused

    def save(self) -> None:
        """Write the exchanges that were recorded since the last time.

        Raises:
            OSError: A file cannot be written.
        """
        with self._lock:
            captures, self._captures = self._captures, []
        happened = [capture.recording() for capture in captures]
        exchanges = [
            self._scrub(each)
            for each in happened
            if each.response.status and each.response.failure in ("", "left")
        ]
        if exchanges:
            write_exchanges(self.folder, exchanges, keep=self._adds)
            self._adds = True

    def check(self) -> None:
        """Raise an error if a request had no exchange, even if the program has handled it.

        Raises:
            MissingExchangeError: Requests had no exchange.
        """
        if self.missing:
            raise MissingExchangeError("\n\n".join(self.missing))

    def start(self, call: CallInfo, /) -> None:
        """Intercept the requests of a call, as an observer."""
        if self._installed is None and call.interceptor is None:
            call.interceptor = self

    def end(self, token: object, response: object, error: BaseException | None, /) -> None:
        """Do nothing at the end of a call."""

    def intercept(self, engine: Engine, provider: str, /) -> Engine:
        """Return an engine that replays a request, or sends and records it."""
        return ReplayingEngine(engine, self._exchanges_of(provider))

    def aintercept(self, engine: AsyncEngine, provider: str, /) -> AsyncEngine:
        """Async version of `intercept`."""
        return AsyncReplayingEngine(engine, self._exchanges_of(provider))

    def _exchanges_of(self, provider: str) -> Exchanges:
        return Exchanges(
            find=partial(self._find, provider),
            begin=partial(self._begin, provider),
            pacing=self._pacing,
        )

    def _find(self, provider: str, head: RequestHead, body: bytes) -> Recording | None:
        """Return the exchange to replay for a request; None to send it."""
        if self.mode == "all":
            return None
        request = recorded_request(head.method, head.url, dict(head.headers), body)
        nothing = RecordedResponse(status=0)
        sent = Recording(provider=provider, api="http", request=request, response=nothing)
        scrubbed = self._scrub(sent).request or RecordedRequest()
        found = self._cassette.take(scrubbed, provider)
        if found is None and not self._records:
            message = self._cassette.describe_missing(scrubbed)
            self.missing.append(message)
            raise MissingExchangeError(message)
        return found

    def _begin(self, provider: str, head: RequestHead, body: bytes) -> Capture:
        """Start to record a request."""
        request = recorded_request(head.method, head.url, dict(head.headers), body)
        capture = Capture(provider, request, self._clock)
        with self._lock:
            self._captures.append(capture)
        return capture

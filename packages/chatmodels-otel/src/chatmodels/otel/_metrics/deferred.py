"""Measurements that wait until a reader collects."""

from collections import deque
from collections.abc import Iterable, Sequence

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from chatmodels.otel._guard import Guard
from chatmodels.otel._metrics.measurement import Finished, Sink

MAX_WAITING = 2048
"""How many calls wait at most; if nobody collects, further ones are recorded on the way."""

MAX_CHUNKS = 65_536
"""How many times of chunks wait at most."""


class Deferral:
    """Hands finished calls to sinks when a reader collects, in the reader's thread.

    Recording in an SDK's histogram costs about ten microseconds, and a call has several
    measurements, a stream one for each chunk. Readers ask observable instruments before they look
    at the others, so what a callback records is part of the same collection.

    Args:
        sinks: What records the calls.
        guard: Where failures go.
    """

    def __init__(self, sinks: Sequence[Sink], guard: Guard) -> None:
        self._sinks = tuple(sinks)
        self._guard = guard
        self._waiting: deque[Finished] = deque()
        self._chunks = 0

    def create(self, meter: Meter) -> None:
        """Create the instrument that readers ask; it never has a value."""
        meter.create_observable_gauge(
            "chatmodels.telemetry.drain",
            [self._drained],
            description="Never has a value; it brings in what was measured since last time.",
        )

    def record(self, call: Finished, /) -> None:
        """Let a call wait, and record the oldest ones if too many do."""
        self._waiting.append(call)
        self._chunks += len(call.chunk_times)
        while len(self._waiting) > MAX_WAITING or self._chunks > MAX_CHUNKS:
            self._next()

    def forked(self) -> None:
        """Begin anew, in a child process: what waits is for the parent to record."""
        self._waiting.clear()
        self._chunks = 0

    def flush(self) -> None:
        """Record all that waits."""
        while self._next():
            pass

    def _drained(self, _: CallbackOptions) -> Iterable[Observation]:
        self.flush()
        return ()

    def _next(self) -> bool:
        try:
            call = self._waiting.popleft()
        except IndexError:
            self._chunks = 0  # however threads have raced, nothing waits now
            return False
        self._chunks -= len(call.chunk_times)
        record_all(self._sinks, call, self._guard)
        return True


def record_all(sinks: Sequence[Sink], call: Finished, guard: Guard) -> None:
    """Record a call in each of some sinks, whatever becomes of the others."""
    for sink in sinks:
        try:
            sink.record(call)
        except Exception as error:
            guard.failed("metrics", error)

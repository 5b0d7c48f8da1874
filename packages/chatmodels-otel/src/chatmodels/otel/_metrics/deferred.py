"""Defers measurements until a reader collects."""

from collections import deque
from collections.abc import Iterable, Sequence

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from chatmodels.otel._guard import Guard
from chatmodels.otel._metrics.measurement import Measurement, Sink

MAX_PENDING = 2048
"""The largest number of pending calls; beyond it, the oldest are recorded in the calling thread."""

MAX_CHUNKS = 65_536
"""The largest number of pending chunk times."""


class DeferredMeasurements:
    """Passes measurements to sinks when a reader collects, in the reader's thread.

    Recording in an SDK's histogram costs about ten microseconds. A call has several measurements, a
    stream one for each chunk. Readers call the callbacks of observable instruments before they read
    other instruments, so that the recorded values are part of the same collection.

    Args:
        sinks: The sinks that record the measurements.
        guard: Receives failures.
    """

    def __init__(self, sinks: Sequence[Sink], guard: Guard) -> None:
        self._sinks = tuple(sinks)
        self._guard = guard
        self._pending: deque[Measurement] = deque()
        self._chunks = 0

    def create(self, meter: Meter) -> None:
        """Create the observable instrument whose callback records; it never has a value."""
        meter.create_observable_gauge(
            "chatmodels.telemetry.drain",
            [self._drain],
            description="Never has a value; its callback records the pending measurements.",
        )

    def record(self, call: Measurement, /) -> None:
        """Add a call to the pending ones, and record the oldest if there are too many."""
        self._pending.append(call)
        self._chunks += len(call.chunk_times)
        while len(self._pending) > MAX_PENDING or self._chunks > MAX_CHUNKS:
            self._next()

    def after_fork(self) -> None:
        """Discard the pending calls, in a child process: the parent records them."""
        self._pending.clear()
        self._chunks = 0

    def flush(self) -> None:
        """Record all pending calls."""
        while self._next():
            pass

    def _drain(self, _: CallbackOptions) -> Iterable[Observation]:
        self.flush()
        return ()

    def _next(self) -> bool:
        try:
            call = self._pending.popleft()
        except IndexError:
            self._chunks = 0  # nothing is pending now, whatever other threads did
            return False
        self._chunks -= len(call.chunk_times)
        record_all(self._sinks, call, self._guard)
        return True


def record_all(sinks: Sequence[Sink], call: Measurement, guard: Guard) -> None:
    """Record a call in each sink; a failure of one does not affect the others."""
    for sink in sinks:
        try:
            sink.record(call)
        except Exception as error:
            guard.record_failure("metrics", error)

"""Sums in plain dictionaries, which observable counters report when a reader collects.

An SDK's counter costs ten microseconds for each `add`, and a call would need five. A number in a
dictionary that an observable counter reports provides the same data for a tenth of that.
"""

from collections import deque
from collections.abc import Callable, Iterable
from threading import Lock

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from chatmodels.otel._call_state import CallState
from chatmodels.otel._metrics.measurement import Measurement
from chatmodels.otel._model_attributes import Facts, ModelAttributes, ResponseModel
from chatmodels.otel._semconv import TOKEN_MODALITY, TOKENS

_COUNTERS = (
    ("input_tokens", "Tokens of prompts, cached ones included."),
    ("output_tokens", "Tokens of responses, reasoning included."),
    ("cache_read.input_tokens", "Tokens of prompts that the provider read from its cache."),
    ("cache_write.input_tokens", "Tokens of prompts that the provider wrote to its cache."),
    ("reasoning.output_tokens", "Tokens of responses that are reasoning."),
)
"""The usage counters, in the order of `_split`."""

Totals = dict[tuple[ResponseModel, int, str], int]
"""Response model, number of the counter, and modality to tokens."""

Callback = Callable[[CallbackOptions], Iterable[Observation]]


class ActiveSums:
    """The usage counters and the number of calls in flight.

    Attributes:
        running: The calls in flight. Each call is added at its start and removed at its end; both
            operations of a set are atomic and need no lock.

    Args:
        flush_measurements: Records the pending measurements.
        usage: Whether the conventions' usage counters are among the instruments.
    """

    def __init__(self, flush_measurements: Callable[[], None], *, usage: bool = True) -> None:
        self.running: set[CallState] = set()
        self._flush_measurements = flush_measurements
        self._lock = Lock()
        self._usage = usage
        self._pending: deque[Measurement] = deque()
        self._tokens: dict[ModelAttributes, Totals] = {}

    def record(self, call: Measurement, /) -> None:
        """Add the tokens of a call."""
        self._pending.append(call)
        # Without waiting: the garbage collector can end an unclosed stream in a thread that holds
        # the lock. Pending calls are added by the next holder of the lock, at the latest a reader.
        if self._lock.acquire(blocking=False):
            try:
                self._add_pending()
            finally:
                self._lock.release()

    def _add_pending(self) -> None:
        while True:
            try:
                call = self._pending.popleft()
            except IndexError:
                return
            totals = self._tokens.setdefault(call.model, {})
            for number, modality, tokens in _split(call):
                key = (call.response_model, number, modality)
                totals[key] = totals.get(key, 0) + tokens

    def after_fork(self) -> None:
        """Reset the state, in a child process: the calls in flight continue in the parent."""
        self._lock = Lock()
        self._pending.clear()
        self.running.clear()

    def create(self, meter: Meter) -> None:
        """Create the instruments."""
        meter.create_observable_up_down_counter(
            "chatmodels.calls.in_flight",
            [self._in_flight],
            unit="{call}",
            description="Number of calls in flight.",
        )
        if self._usage:
            for number, (name, description) in enumerate(_COUNTERS):
                meter.create_observable_counter(
                    f"gen_ai.client.inference.usage.{name}",
                    [self._callback(number)],
                    unit=TOKENS,
                    description=description,
                )

    def _in_flight(self, _: CallbackOptions) -> Iterable[Observation]:
        # Models without a running call have 0, if they were ever called.
        counts = [(model.shared, 0) for model in list(self._tokens)]
        running = [state.model.substitute or state.model for state in list(self.running)]
        counts += [(model.shared, 1) for model in running]
        for attributes, count in _merge(counts):
            yield Observation(count, attributes)

    def _callback(self, counter: int) -> Callback:
        def report(_: CallbackOptions) -> Iterable[Observation]:
            self._flush_measurements()
            with self._lock:
                self._add_pending()
                counts = [
                    ({**model.attributes(response_model, None), TOKEN_MODALITY: modality}, tokens)
                    for model, totals in self._tokens.items()
                    for (response_model, number, modality), tokens in totals.items()
                    if number == counter
                ]
            for attributes, tokens in _merge(counts):
                yield Observation(tokens, attributes)

        return report


def _merge(counts: Iterable[tuple[Facts, int]]) -> Iterable[tuple[Facts, int]]:
    # Models at different base URLs on one server have the same attributes. A reader would treat
    # their counts as values of one series, and keep only the last.
    sums: dict[tuple[object, ...], tuple[Facts, int]] = {}
    for attributes, value in counts:
        key = tuple(attributes.items())
        before = sums.get(key)
        sums[key] = (attributes, value if before is None else before[1] + value)
    return sums.values()


def _split(call: Measurement) -> Iterable[tuple[int, str, int]]:
    """Split the tokens of a call into number of the counter, modality and tokens."""
    usage = call.usage
    # Every call is added to every counter, with 0 if nothing is known.
    read, written = usage.cached_input_tokens or 0, usage.cache_write_tokens or 0
    input_modality = output_modality = "unknown"
    if usage.input_tokens is None:
        yield 0, input_modality, 0
    else:
        input_modality = call.modalities[0]
        audio = usage.input_audio_tokens or 0
        if audio:
            yield 0, "audio", audio
            input_modality = "unknown"
        yield 0, input_modality, usage.input_tokens - audio
    if usage.output_tokens is None:
        yield 1, output_modality, 0
    else:
        output_modality = call.modalities[1]
        audio = usage.output_audio_tokens or 0
        if audio:
            yield 1, "audio", audio
            output_modality = "unknown"
        yield 1, output_modality, usage.output_tokens - audio
    yield 2, input_modality, read
    yield 3, input_modality, written
    yield 4, output_modality, usage.reasoning_tokens or 0

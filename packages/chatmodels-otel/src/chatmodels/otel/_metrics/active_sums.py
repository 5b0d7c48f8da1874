"""Sums that readers ask for when they collect, kept in plain dictionaries in between.

An SDK's counter costs ten microseconds for each `add`, and a call would need five. A number in a
dictionary that an observable counter reports gives the same data for a tenth of that.
"""

from collections import deque
from collections.abc import Callable, Iterable
from threading import Lock

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from chatmodels.otel._call_state import Watch
from chatmodels.otel._metrics.measurement import Finished
from chatmodels.otel._model_attributes import Answered, Facts, Plan
from chatmodels.otel._semconv import TOKEN_MODALITY, TOKENS

_COUNTERS = (
    ("input_tokens", "Tokens of prompts, cached ones included."),
    ("output_tokens", "Tokens of responses, reasoning included."),
    ("cache_read.input_tokens", "Tokens of prompts that the provider read from its cache."),
    ("cache_write.input_tokens", "Tokens of prompts that the provider wrote to its cache."),
    ("reasoning.output_tokens", "Tokens of responses that are reasoning."),
)
"""The usage counters, in the order of `_split`."""

Totals = dict[tuple[Answered, int, str], int]
"""What answered, number of the counter, and modality to tokens."""

Callback = Callable[[CallbackOptions], Iterable[Observation]]


class Ledger:
    """The usage counters and the number of calls in flight.

    Attributes:
        running: The calls in flight; whoever begins one adds it, and takes it out again. Sets do
            that in one step, without a lock.

    Args:
        bring_in: Records what has been measured and not recorded yet.
        usage: Whether the conventions' usage counters are among the instruments.
    """

    def __init__(self, bring_in: Callable[[], None], *, usage: bool = True) -> None:
        self.running: set[Watch] = set()
        self._bring_in = bring_in
        self._lock = Lock()
        self._usage = usage
        self._late: deque[Finished] = deque()
        self._tokens: dict[Plan, Totals] = {}

    def record(self, call: Finished, /) -> None:
        """Add the tokens of a call."""
        self._late.append(call)
        # Never waits: the garbage collector may end a forgotten stream in a thread that has the
        # lock already. Whoever has it next, a reader at the latest, adds what was put aside.
        if self._lock.acquire(blocking=False):
            try:
                self._add_late()
            finally:
                self._lock.release()

    def _add_late(self) -> None:
        while True:
            try:
                call = self._late.popleft()
            except IndexError:
                return
            totals = self._tokens.setdefault(call.plan, {})
            for number, modality, tokens in _split(call):
                key = (call.answered, number, modality)
                totals[key] = totals.get(key, 0) + tokens

    def forked(self) -> None:
        """Begin anew, in a child process: what was in flight is so in the parent."""
        self._lock = Lock()
        self._late.clear()
        self.running.clear()

    def create(self, meter: Meter) -> None:
        """Create the instruments."""
        meter.create_observable_up_down_counter(
            "chatmodels.calls.in_flight",
            [self._in_flight],
            unit="{call}",
            description="Number of calls that have begun and are not over.",
        )
        if self._usage:
            for number, (name, description) in enumerate(_COUNTERS):
                meter.create_observable_counter(
                    f"gen_ai.client.inference.usage.{name}",
                    [self._reported(number)],
                    unit=TOKENS,
                    description=description,
                )

    def _in_flight(self, _: CallbackOptions) -> Iterable[Observation]:
        # Of the models that were ever called: those without a running call have 0.
        found = [(plan.shared, 0) for plan in list(self._tokens)]
        running = [watch.plan.stand_in or watch.plan for watch in list(self.running)]
        found += [(plan.shared, 1) for plan in running]
        for attributes, count in _merged(found):
            yield Observation(count, attributes)

    def _reported(self, wanted: int) -> Callback:
        def report(_: CallbackOptions) -> Iterable[Observation]:
            self._bring_in()
            with self._lock:
                self._add_late()
                found = [
                    ({**plan.attributes(answered, None), TOKEN_MODALITY: modality}, tokens)
                    for plan, totals in self._tokens.items()
                    for (answered, number, modality), tokens in totals.items()
                    if number == wanted
                ]
            for attributes, tokens in _merged(found):
                yield Observation(tokens, attributes)

        return report


def _merged(found: Iterable[tuple[Facts, int]]) -> Iterable[tuple[Facts, int]]:
    # Plans of different base URLs on one server have the same attributes, which a reader would
    # otherwise take for two values of one series, and keep the last.
    sums: dict[tuple[object, ...], tuple[Facts, int]] = {}
    for attributes, value in found:
        key = tuple(attributes.items())
        before = sums.get(key)
        sums[key] = (attributes, value if before is None else before[1] + value)
    return sums.values()


def _split(call: Finished) -> Iterable[tuple[int, str, int]]:
    """Break the tokens of a call down into number of the counter, modality and tokens."""
    usage = call.usage
    # Every call counts in every counter, with 0 if nothing is known.
    read, written = usage.cached_input_tokens or 0, usage.cache_write_tokens or 0
    asked = said = "unknown"
    if usage.input_tokens is None:
        yield 0, asked, 0
    else:
        asked = call.modalities[0]
        audio = usage.input_audio_tokens or 0
        if audio:
            yield 0, "audio", audio
            asked = "unknown"
        yield 0, asked, usage.input_tokens - audio
    if usage.output_tokens is None:
        yield 1, said, 0
    else:
        said = call.modalities[1]
        audio = usage.output_audio_tokens or 0
        if audio:
            yield 1, "audio", audio
            said = "unknown"
        yield 1, said, usage.output_tokens - audio
    yield 2, asked, read
    yield 3, asked, written
    yield 4, said, usage.reasoning_tokens or 0

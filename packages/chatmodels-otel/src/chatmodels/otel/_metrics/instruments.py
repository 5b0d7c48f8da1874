"""All instruments of one meter provider, and whether anybody listens to them."""

from threading import Lock
from weakref import WeakValueDictionary

from opentelemetry.metrics import MeterProvider, NoOpHistogram, get_meter

from chatmodels.core.extending import logger
from chatmodels.otel._fork import tell_of_forks
from chatmodels.otel._guard import Guard
from chatmodels.otel._metrics.active_sums import Ledger
from chatmodels.otel._metrics.custom_instruments import CallInstruments, RegistryInstruments
from chatmodels.otel._metrics.deferred import Deferral, record_all
from chatmodels.otel._metrics.inference import Latest, Version141, seconds
from chatmodels.otel._metrics.measurement import Finished, Sink
from chatmodels.otel._options import TelemetryOptions
from chatmodels.otel._semconv import SCOPE, schema_url
from chatmodels.otel._version import VERSION


class Meters:
    """The instruments that calls are recorded in.

    Attributes:
        guard: Where failures go; their number is one of the instruments.
        provider: What made them. While they exist, its identity belongs to no other.
        choices: The options that decide which instruments there are.

    Args:
        options: Which there are.
        provider: What makes them; None for the global one, also if it is set later.
        guard: Where failures go.
    """

    def __init__(
        self, options: TelemetryOptions, provider: MeterProvider | None, guard: Guard
    ) -> None:
        meter = get_meter(
            SCOPE, VERSION, meter_provider=provider, schema_url=schema_url(options.conventions)
        )
        self.guard = guard
        self.provider = provider
        self.choices = _choices(options)
        self._is_live = False
        sinks: list[Sink] = []
        if options.conventions != "v1.41":
            sinks.append(Latest(meter))
        if options.conventions != "latest":
            sinks.append(Version141(meter))
        sinks.append(CallInstruments(meter))
        if options.origin_metrics:
            from chatmodels.otel._metrics.origin import Origin

            sinks.append(Origin(meter))
        ledger = self._ledger = Ledger(self.flush, usage=options.conventions != "v1.41")
        sinks.append(ledger)
        self.running = ledger.running
        self._sinks = sinks
        self._deferral: Deferral | None = None
        if options.measurements == "deferred":
            self._deferral = Deferral(sinks, guard)
            self._deferral.create(meter)
        ledger.create(meter)
        self.registry = RegistryInstruments(meter, guard)
        self.tool_duration = seconds(
            meter, "gen_ai.execute_tool.duration", "Duration of a tool's execution."
        )
        self.function_duration = seconds(
            meter, "chatmodels.function.duration", "Duration of functions that are metered."
        )

    @property
    def live(self) -> bool:
        """Whether an SDK is behind the instruments; until then nothing need be measured.

        The API gives stand-ins for instruments until there is an SDK; they know when it is.
        """
        if not self._is_live:
            found = self.tool_duration
            found = getattr(found, "_real_instrument", found)
            self._is_live = found is not None and not isinstance(found, NoOpHistogram)
        return self._is_live

    def record(self, call: Finished) -> None:
        """Record a call that is over."""
        if self._deferral is not None:
            self._deferral.record(call)
        else:
            record_all(self._sinks, call, self.guard)

    def forked(self) -> None:
        """Begin anew, in a child process."""
        self._ledger.forked()
        self.registry.forked()
        if self._deferral is not None:
            self._deferral.forked()

    def flush(self) -> None:
        """Hand what waits to the SDK now."""
        if self._deferral is not None:
            self._deferral.flush()


class _Made:
    """The instruments of each meter provider, by its identity."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.by_provider: WeakValueDictionary[int, Meters] = WeakValueDictionary()

    def forked(self) -> None:
        """Replace the lock, in a child process: a thread of the parent may have held it."""
        self.lock = Lock()


_made = _Made()
tell_of_forks(_made)


def meters_of(options: TelemetryOptions, provider: MeterProvider | None) -> Meters:
    """Return the instruments of a provider, the same ones each time.

    An SDK creates an instrument once, and ignores the callbacks of a second with its name.

    Args:
        options: Which there are. Those of the first call count; if others are passed later, a
            warning is logged.
        provider: What makes them; None for the global one, also if it is set later.
    """
    with _made.lock:
        meters = _made.by_provider.get(id(provider))
        if meters is None:
            meters = _made.by_provider[id(provider)] = Meters(options, provider, Guard())
    if meters.choices != _choices(options):
        logger("chatmodels.otel").warning(
            "conventions, measurements and origin_metrics of metrics stay as they are, because "
            "the meter provider has instruments already; set CHATMODELS_TELEMETRY_CONVENTIONS, or "
            "pass the options before anything else is instrumented"
        )
    return meters


def _choices(options: TelemetryOptions) -> tuple[object, ...]:
    return options.conventions, options.measurements, options.origin_metrics

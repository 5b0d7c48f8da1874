"""All instruments of one meter provider."""

from threading import Lock
from weakref import WeakValueDictionary

from opentelemetry.metrics import MeterProvider, NoOpHistogram, get_meter

from chatmodels.core.extending import logger
from chatmodels.otel._fork import reset_after_forks
from chatmodels.otel._guard import Guard
from chatmodels.otel._metrics.active_sums import ActiveSums
from chatmodels.otel._metrics.custom_instruments import CallInstruments, RegistryInstruments
from chatmodels.otel._metrics.deferred import DeferredMeasurements, record_all
from chatmodels.otel._metrics.inference import Latest, Version141, seconds
from chatmodels.otel._metrics.measurement import Measurement, Sink
from chatmodels.otel._options import TelemetryOptions
from chatmodels.otel._semconv import COUNT_BUCKETS, RUN_BUCKETS, SCOPE, SECONDS, schema_url
from chatmodels.otel._version import VERSION


class Meters:
    """The instruments that record calls.

    Attributes:
        guard: Receives failures; one of the instruments counts them.
        provider: The source of the instruments, referenced so that its `id` stays unique.
        choices: The options that determine the instruments.

    Args:
        options: The options.
        provider: The source of the instruments; None for the global one, even if it is set later.
        guard: Receives failures.
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
        self._is_live: bool | None = None
        sinks: list[Sink] = []
        if options.conventions != "v1.41":
            sinks.append(Latest(meter))
        if options.conventions != "latest":
            sinks.append(Version141(meter))
        sinks.append(CallInstruments(meter))
        if options.origin_metrics:
            from chatmodels.otel._metrics.origin import Origin

            sinks.append(Origin(meter))
        ledger = self._sums = ActiveSums(self.flush, usage=options.conventions != "v1.41")
        sinks.append(ledger)
        self.running = ledger.running
        self._sinks = sinks
        self._deferred: DeferredMeasurements | None = None
        if options.measurements == "deferred":
            self._deferred = DeferredMeasurements(sinks, guard)
            self._deferred.create(meter)
        ledger.create(meter)
        self.registry = RegistryInstruments(meter, guard)
        self.tool_duration = seconds(
            meter, "gen_ai.execute_tool.duration", "Duration of a tool's execution."
        )
        self.run_duration = meter.create_histogram(
            "gen_ai.invoke_agent.duration",
            unit=SECONDS,
            description="Duration of a run of a model with tools.",
            explicit_bucket_boundaries_advisory=RUN_BUCKETS,
        )
        self.run_model_calls = meter.create_histogram(
            "gen_ai.invoke_agent.inference_calls",
            unit="{inference_call}",
            description="Calls of the model in a run with tools.",
            explicit_bucket_boundaries_advisory=COUNT_BUCKETS,
        )
        self.run_tool_calls = meter.create_histogram(
            "gen_ai.invoke_agent.tool_calls",
            unit="{tool_call}",
            description="Tool calls in a run with tools.",
            explicit_bucket_boundaries_advisory=COUNT_BUCKETS,
        )
        self.function_duration = seconds(
            meter, "chatmodels.function.duration", "Duration of metered functions."
        )

    def is_live(self) -> bool:
        """Return whether an SDK provides the instruments; otherwise nothing is measured.

        The API returns proxies of instruments until there is an SDK, and the proxies know when.
        """
        if self._is_live is None:
            proxy = self.tool_duration
            instrument = getattr(proxy, "_real_instrument", proxy)
            if instrument is None:
                return False
            self._is_live = not isinstance(instrument, NoOpHistogram)
        return self._is_live

    def record(self, call: Measurement) -> None:
        """Record a completed call."""
        if self._deferred is not None:
            self._deferred.record(call)
        else:
            record_all(self._sinks, call, self.guard)

    def after_fork(self) -> None:
        """Reset locks and pending data, in a child process."""
        self._sums.after_fork()
        self.registry.after_fork()
        if self._deferred is not None:
            self._deferred.after_fork()

    def flush(self) -> None:
        """Pass the pending measurements to the SDK now."""
        if self._deferred is not None:
            self._deferred.flush()


class _SharedMeters:
    """The instruments of each meter provider, by its `id`."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.by_provider: WeakValueDictionary[int, Meters] = WeakValueDictionary()

    def after_fork(self) -> None:
        """Replace the lock, in a child process, since a thread of the parent can hold it."""
        self.lock = Lock()


_shared = _SharedMeters()
reset_after_forks(_shared)


def meters_of(options: TelemetryOptions, provider: MeterProvider | None) -> Meters:
    """Return the instruments of a provider, the same ones each time.

    An SDK creates an instrument once, and ignores the callbacks of a second one with its name.

    Args:
        options: The options. Those of the first call apply; if others are passed later, a warning
            is logged.
        provider: The source of the instruments; None for the global one, even if it is set later.
    """
    with _shared.lock:
        meters = _shared.by_provider.get(id(provider))
        if meters is None:
            meters = _shared.by_provider[id(provider)] = Meters(options, provider, Guard())
    if meters.choices != _choices(options):
        logger("chatmodels.otel").warning(
            "conventions, measurements and origin_metrics of metrics are not changed, because the "
            "meter provider has instruments already; set CHATMODELS_TELEMETRY_CONVENTIONS, or pass "
            "the options before anything else is instrumented"
        )
    return meters


def _choices(options: TelemetryOptions) -> tuple[object, ...]:
    return options.conventions, options.measurements, options.origin_metrics

"""Telemetry as one object: options and providers in, an observer of calls out."""

from threading import Lock
from typing import TYPE_CHECKING, Final

from opentelemetry._logs import LoggerProvider
from opentelemetry.metrics import MeterProvider, NoOpMeterProvider
from opentelemetry.trace import NoOpTracerProvider, Tracer, TracerProvider, get_tracer

from chatmodels.core.extending import error_facts, logger
from chatmodels.otel._fork import tell_of_forks
from chatmodels.otel._guard import Guard
from chatmodels.otel._options import TelemetryOptions, options_from_environment
from chatmodels.otel._semconv import SCOPE, schema_url
from chatmodels.otel._spans.call import CallObserver
from chatmodels.otel._version import VERSION

if TYPE_CHECKING:
    from chatmodels.otel._logs.events import Events
    from chatmodels.otel._metrics.instruments import Meters
    from chatmodels.otel._spans.registry import RegistryWatch
    from chatmodels.otel._spans.tools import ToolSpans


class Telemetry:
    """What records calls: spans, measurements and events, through some providers.

    One serves any number of models, threads and event loops. Several with the same meter provider
    share its instruments. A `Container` of core makes one of what is registered
    for `TelemetryOptions`, `TracerProvider` and `MeterProvider`.

    Args:
        options: What is recorded; None for what the environment says.
        tracer_provider: What makes spans; None for the global one, also if it is set later.
        meter_provider: What makes instruments, likewise.
        logger_provider: What emits log events, likewise.
    """

    def __init__(
        self,
        options: TelemetryOptions | None = None,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        logger_provider: LoggerProvider | None = None,
    ) -> None:
        options = options_from_environment() if options is None else options
        self.options = options
        level = options.level
        tracer = (
            get_tracer(SCOPE, VERSION, tracer_provider, schema_url(options.conventions))
            if level in ("traces", "full")
            else None
        )
        meters = None if level == "off" else _meters(options, meter_provider)
        guard = self.guard = Guard() if meters is None else meters.guard
        emitted = _events(logger_provider) if level == "full" else None
        self._meters = meters
        self.whole_observer = CallObserver(
            options, guard, tracer=tracer, meters=meters, events=emitted, default=default_observer
        )
        drawn = tracer if level == "full" else None
        self._registry = None if meters is None else _registry_watch(meters, guard, drawn)
        tell_of_forks(self)
        self._tools: ToolSpans | None = None
        self.tracer = tracer

    @property
    def observer(self) -> CallObserver | None:
        """What watches calls, for `with_observers`; None if nothing is to be recorded."""
        return None if self.options.level == "off" else self.whole_observer

    @property
    def meters(self) -> "Meters | None":
        """The instruments; None if nothing is to be recorded."""
        return self._meters

    @property
    def registry(self) -> "RegistryWatch | None":
        """What watches registries; None if nothing is to be recorded."""
        return self._registry

    @property
    def tools(self) -> "ToolSpans":
        """What watches tool calls; made when it is first asked for, as many programs have none."""
        if self._tools is None:
            from chatmodels.otel._content.capture import Capture
            from chatmodels.otel._spans.tools import ToolSpans

            capture = Capture(self.options, self.guard)
            self._tools = ToolSpans(capture, self.guard, tracer=self.tracer, meters=self._meters)
        return self._tools

    def forked(self) -> None:
        """Begin anew in a child process, which inherits locks and what belongs to the parent."""
        self.guard.forked()
        if self._meters is not None:
            self._meters.forked()

    def flush(self) -> None:
        """Hand measurements that wait for a reader to the SDK now; readers do it by themselves."""
        if self._meters is not None:
            self._meters.flush()


# Imported when they are needed: who has switched telemetry off needs none of it.


def _meters(options: TelemetryOptions, provider: MeterProvider | None) -> "Meters":
    from chatmodels.otel._metrics.instruments import meters_of

    return meters_of(options, provider)


def _events(provider: LoggerProvider | None) -> "Events | None":
    from chatmodels.otel._logs.events import events

    return events(provider)


def _registry_watch(meters: "Meters", guard: Guard, tracer: Tracer | None) -> "RegistryWatch":
    from chatmodels.otel._spans.registry import RegistryWatch

    return RegistryWatch(meters.registry, guard, tracer)


class NoOpTelemetry(Telemetry):
    """Telemetry that records nothing, for tests and for programs that want none."""

    def __init__(self) -> None:
        super().__init__(
            TelemetryOptions(level="off"),
            tracer_provider=NoOpTracerProvider(),
            meter_provider=NoOpMeterProvider(),
        )


class _Default:
    """The telemetry of whoever names none, made when first needed."""

    telemetry: Telemetry | None = None
    making: Final = Lock()


def default_telemetry() -> Telemetry:
    """Give the telemetry with options from the environment and the global providers."""
    if _Default.telemetry is None:
        with _Default.making:
            if _Default.telemetry is None:
                _Default.telemetry = _made()
    return _Default.telemetry


def _made() -> Telemetry:
    try:
        return Telemetry()
    except Exception as error:  # as of a provider that the environment names and nobody brought
        logger("chatmodels.otel").warning(
            "telemetry is off, because it could not be set up: %s", error, extra=error_facts(error)
        )
        return NoOpTelemetry()


def default_observer() -> CallObserver:
    """Give what watches calls by the default telemetry, also if that records nothing."""
    return default_telemetry().whole_observer

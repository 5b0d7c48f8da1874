"""The telemetry of a program, from options and providers."""

from threading import Lock
from typing import TYPE_CHECKING, Final

from opentelemetry._logs import LoggerProvider
from opentelemetry.metrics import MeterProvider, NoOpMeterProvider
from opentelemetry.trace import NoOpTracerProvider, Tracer, TracerProvider, get_tracer

from chatmodels.core.extending import error_facts, logger
from chatmodels.otel._fork import reset_after_forks
from chatmodels.otel._guard import Guard
from chatmodels.otel._options import TelemetryOptions, options_from_environment
from chatmodels.otel._semconv import SCOPE, schema_url
from chatmodels.otel._spans.call import CallObserver
from chatmodels.otel._version import VERSION

if TYPE_CHECKING:
    from chatmodels.otel._logs.events import Events
    from chatmodels.otel._metrics.instruments import Meters
    from chatmodels.otel._spans.registry import RegistryRecorder
    from chatmodels.otel._spans.tools import ToolSpans


class Telemetry:
    """Records calls as spans, measurements and log events.

    You can share it between any number of models, threads and event loops. Instances with the same
    meter provider share its instruments. A `Container` of core creates one from the registered
    `TelemetryOptions`, `TracerProvider` and `MeterProvider`.

    Args:
        options: The options; None for those of the environment.
        tracer_provider: The source of spans; None for the global one, even if it is set later.
        meter_provider: The source of instruments; None for the global one, as above.
        logger_provider: The source of loggers for log events; None for the global one, as above.
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
        registry_tracer = tracer if level == "full" else None
        self._registry = (
            None if meters is None else _registry_recorder(meters, guard, registry_tracer)
        )
        reset_after_forks(self)
        self._tools: ToolSpans | None = None
        self.tracer = tracer

    @property
    def observer(self) -> CallObserver | None:
        """The observer of calls, for `with_observers`; None if nothing is recorded."""
        return None if self.options.level == "off" else self.whole_observer

    @property
    def meters(self) -> "Meters | None":
        """The instruments; None if nothing is recorded."""
        return self._meters

    @property
    def registry(self) -> "RegistryRecorder | None":
        """The observer of registries; None if nothing is recorded."""
        return self._registry

    @property
    def tools(self) -> "ToolSpans":
        """The observer of tool calls, created at first use, since many programs have no tools."""
        if self._tools is None:
            from chatmodels.otel._content.capture import Capture
            from chatmodels.otel._spans.tools import ToolSpans

            capture = Capture(self.options, self.guard)
            self._tools = ToolSpans(capture, self.guard, tracer=self.tracer, meters=self._meters)
        return self._tools

    def after_fork(self) -> None:
        """Reset locks and pending data, in a child process."""
        self.guard.after_fork()
        if self._meters is not None:
            self._meters.after_fork()

    def flush(self) -> None:
        """Pass pending measurements to the SDK now; metric readers do so when they collect."""
        if self._meters is not None:
            self._meters.flush()


# Imported on demand: programs with telemetry off need none of these modules.


def _meters(options: TelemetryOptions, provider: MeterProvider | None) -> "Meters":
    from chatmodels.otel._metrics.instruments import meters_of

    return meters_of(options, provider)


def _events(provider: LoggerProvider | None) -> "Events | None":
    from chatmodels.otel._logs.events import events

    return events(provider)


def _registry_recorder(meters: "Meters", guard: Guard, tracer: Tracer | None) -> "RegistryRecorder":
    from chatmodels.otel._spans.registry import RegistryRecorder

    return RegistryRecorder(meters.registry, guard, tracer)


class NoOpTelemetry(Telemetry):
    """Telemetry that records nothing, for tests and for programs without telemetry."""

    def __init__(self) -> None:
        super().__init__(
            TelemetryOptions(level="off"),
            tracer_provider=NoOpTracerProvider(),
            meter_provider=NoOpMeterProvider(),
        )


class _Default:
    """The telemetry of callers that do not pass one, created at first use."""

    telemetry: Telemetry | None = None
    lock: Final = Lock()


def default_telemetry() -> Telemetry:
    """Return the telemetry with options from the environment and the global providers."""
    if _Default.telemetry is None:
        with _Default.lock:
            if _Default.telemetry is None:
                _Default.telemetry = _create_default()
    return _Default.telemetry


def _create_default() -> Telemetry:
    try:
        return Telemetry()
    except Exception as error:  # for example, a provider of the environment is not installed
        logger("chatmodels.otel").warning(
            "telemetry is off, because it could not be set up: %s", error, extra=error_facts(error)
        )
        return NoOpTelemetry()


def default_observer() -> CallObserver:
    """Return the observer of the default telemetry, even if it records nothing."""
    return default_telemetry().whole_observer

"""The instrumentor that `opentelemetry-instrument` loads."""

from collections.abc import Callable, Collection

from chatmodels.core.extending import add_log_filter, logger, watch_tools
from chatmodels.otel._instrument_registry import instrument_registry
from chatmodels.otel._logs.logging import TraceContextFilter
from chatmodels.otel._options import TelemetryOptions, options_from_environment
from chatmodels.otel._telemetry import Telemetry, default_telemetry


class ChatModelsInstrumentor:
    """Instruments the global registry and all tools: `opentelemetry-instrument python app.py`.

    The log records of chatmodels contain the ids of their trace and span, as with
    `TraceContextFilter`.

    It has the methods of OpenTelemetry's instrumentors without their base class, which is in
    another distribution. It never raises: an error in one instrumentor would prevent the loading of
    all others. All instances share the state of the process.
    """

    _removals: tuple[Callable[[], None], ...] = ()

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return the distributions that it instruments."""
        return ("chatmodels-core >= 0.1",)

    @property
    def is_instrumented_by_opentelemetry(self) -> bool:
        """True if the instrumentation is active."""
        return bool(ChatModelsInstrumentor._removals)

    def instrument(self, **options: object) -> None:
        """Activate the instrumentation; further calls without options have no effect.

        Options that are passed while it is active, as in a program under
        `opentelemetry-instrument`, replace the earlier ones, for the models and tools that are used
        from then on.

        Args:
            options: `tracer_provider`, `meter_provider`, `logger_provider`, or `telemetry`, and
                the fields of `TelemetryOptions`. Other options of OpenTelemetry are ignored.
        """
        try:
            telemetry = _telemetry(options)
            if ChatModelsInstrumentor._removals:
                if telemetry is default_telemetry():
                    return
                self.uninstrument()
            ChatModelsInstrumentor._removals = (
                instrument_registry(telemetry=telemetry),
                watch_tools(telemetry.tools),
                add_log_filter(TraceContextFilter()),
            )
        except Exception as error:
            logger("chatmodels.otel").warning("chatmodels is not instrumented: %s", error)

    def uninstrument(self, **_: object) -> None:
        """Deactivate the instrumentation; existing models keep their telemetry."""
        removals, ChatModelsInstrumentor._removals = ChatModelsInstrumentor._removals, ()
        for remove in removals:
            remove()


def _telemetry(options: dict[str, object]) -> Telemetry:
    given = options.pop("telemetry", None)
    if isinstance(given, Telemetry):
        return given
    providers = {
        name: provider
        for name in ("tracer_provider", "meter_provider", "logger_provider")
        if (provider := options.pop(name, None)) is not None
    }
    fields = {name: value for name, value in options.items() if name in _FIELDS}
    if not providers and not fields:
        return default_telemetry()
    return Telemetry(options_from_environment(**fields), **providers)  # pyright: ignore[reportArgumentType] # checked by the API that uses them


_FIELDS = frozenset(TelemetryOptions.__struct_fields__)

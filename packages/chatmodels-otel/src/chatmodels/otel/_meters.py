"""All instruments of one meter provider, and whether anybody listens to them."""

from opentelemetry.metrics import MeterProvider, get_meter

from chatmodels.otel._deferral import Deferral, record_all
from chatmodels.otel._finished import Finished, Sink
from chatmodels.otel._guard import Guard
from chatmodels.otel._inference import Latest, Version141, seconds
from chatmodels.otel._ledger import Ledger
from chatmodels.otel._options import TelemetryOptions
from chatmodels.otel._origin import Origin
from chatmodels.otel._own import CallInstruments, RegistryInstruments
from chatmodels.otel._plan import Plan
from chatmodels.otel._semconv import SCHEMA_URL, SCOPE
from chatmodels.otel._version import version


class Meters:
    """The instruments that calls are recorded in.

    Args:
        options: Which there are.
        provider: What makes them; None for the global one, also if it is set later.
        guard: Where failures go.
    """

    def __init__(
        self, options: TelemetryOptions, provider: MeterProvider | None, guard: Guard
    ) -> None:
        meter = get_meter(SCOPE, version(), meter_provider=provider, schema_url=SCHEMA_URL)
        self._guard = guard
        self.ledger = Ledger(usage=options.conventions != "v1.41")
        self.ledger.create(meter)
        sinks: list[Sink] = []
        if options.conventions != "v1.41":
            sinks.append(Latest(meter))
        if options.conventions != "latest":
            sinks.append(Version141(meter))
        sinks.append(CallInstruments(meter))
        if options.origin_metrics:
            sinks.append(Origin(meter))
        self.registry = RegistryInstruments(meter, guard)
        self.tool_duration = seconds(
            meter, "gen_ai.execute_tool.duration", "Duration of a tool's execution."
        )
        self.function_duration = seconds(
            meter, "chatmodels.function.duration", "Duration of functions that are metered."
        )
        self._sinks = sinks
        self._deferral: Deferral | None = None
        if options.measurements == "deferred":
            self._deferral = Deferral(sinks, guard)
            self._deferral.create(meter)

    @property
    def live(self) -> bool:
        """Whether an SDK is behind the instruments; until then nothing need be measured.

        The API's stand-ins for instruments know; what does not say is taken for live.
        """
        return getattr(self.tool_duration, "_real_instrument", True) is not None

    def began(self, plan: Plan) -> None:
        """Count a call that begins."""
        self.ledger.began(plan)

    def ended(self, call: Finished) -> None:
        """Record a call that is over."""
        self.ledger.ended(call.plan)
        self.ledger.record(call)
        if self._deferral is not None:
            self._deferral.record(call)
        else:
            record_all(self._sinks, call, self._guard)

    def flush(self) -> None:
        """Hand what waits to the SDK now."""
        if self._deferral is not None:
            self._deferral.flush()

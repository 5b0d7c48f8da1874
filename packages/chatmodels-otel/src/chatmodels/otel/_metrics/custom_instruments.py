"""Custom instruments for facts that the conventions do not define."""

from collections.abc import Iterable
from threading import Lock

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from chatmodels.core import HealthReport
from chatmodels.otel._failure import error_type
from chatmodels.otel._guard import Guard
from chatmodels.otel._metrics.cardinality import BoundedNames
from chatmodels.otel._metrics.inference import seconds
from chatmodels.otel._metrics.measurement import Measurement
from chatmodels.otel._model_attributes import NO_RESPONSE_MODEL, Facts
from chatmodels.otel._semconv import (
    ERROR_TYPE,
    PROVIDER_NAME,
    PROVIDER_NAMES,
    STATUS,
    WHERE,
)

MAX_PROVIDERS = 64
"""The largest number of provider names in metrics: looked-up names can be misspelled."""


class CallInstruments:
    """The instruments for retries and costs."""

    def __init__(self, meter: Meter) -> None:
        self._retries = meter.create_counter(
            "chatmodels.retries", unit="{retry}", description="Repeated attempts, by reason."
        )
        self._cost = meter.create_counter(
            "chatmodels.usage.cost", unit="USD", description="Cost of calls."
        )

    def record(self, call: Measurement, /) -> None:
        """Record a call."""
        for reason in call.retries:
            self._retries.add(1, call.model.attributes(NO_RESPONSE_MODEL, reason), call.context)
        if call.cost is not None:
            self._cost.add(
                call.cost, call.model.attributes(call.response_model, None), call.context
            )


class RegistryInstruments:
    """The instruments for lookups, creations and health checks; see `RegistryObserver`.

    Args:
        meter: The source of the instruments.
        guard: Receives failures, and counts them for an instrument.
    """

    def __init__(self, meter: Meter, guard: Guard) -> None:
        self._guard = guard
        self._lock = Lock()
        self._names = BoundedNames(MAX_PROVIDERS)
        self._health: dict[str, tuple[int, Facts]] = {}
        self._resolutions = meter.create_counter(
            "chatmodels.registry.resolutions",
            unit="{resolution}",
            description="Providers looked up by name.",
        )
        self._creations = seconds(
            meter,
            "chatmodels.registry.create.duration",
            "Time to create a model, including the import of its provider.",
        )
        self._latency = seconds(meter, "chatmodels.health.duration", "Duration of health checks.")
        meter.create_observable_gauge(
            "chatmodels.health.healthy",
            [self._health_values],
            unit="{provider}",
            description="1 for a provider whose last health check found it healthy, else 0.",
        )
        meter.create_observable_counter(
            "chatmodels.telemetry.failures",
            [self._failure_counts],
            unit="{failure}",
            description="Failures in telemetry, which do not affect calls.",
        )

    def after_fork(self) -> None:
        """Replace the lock, in a child process."""
        self._lock = Lock()

    def resolved(self, provider: str, error: Exception | None, /) -> None:
        """Count a lookup of a provider."""
        try:
            self._resolutions.add(1, self._attributes(provider, error))
        except Exception as failure:
            self._guard.record_failure("registry", failure)

    def created(self, provider: str, duration: float, error: Exception | None, /) -> None:
        """Record the creation of a model, successful or not."""
        try:
            self._creations.record(duration, self._attributes(provider, error))
        except Exception as failure:
            self._guard.record_failure("registry", failure)

    def checked(self, report: HealthReport, /) -> None:
        """Record the report of a health check."""
        try:
            attributes = self._attributes(report.provider, None)
            attributes[STATUS] = report.status
            if report.code is not None:
                attributes[ERROR_TYPE] = report.code
            with self._lock:
                name = str(attributes[PROVIDER_NAME])
                self._health[name] = (int(report.status == "healthy"), attributes)
            if report.latency is not None:
                self._latency.record(report.latency, attributes)
        except Exception as failure:
            self._guard.record_failure("registry", failure)

    def _attributes(self, provider: str, error: Exception | None) -> Facts:
        name = self._names.limit(PROVIDER_NAMES.get(provider, provider))
        attributes: Facts = {PROVIDER_NAME: name}
        if error is not None:
            attributes[ERROR_TYPE] = error_type(error)
        return attributes

    def _health_values(self, _: CallbackOptions) -> Iterable[Observation]:
        with self._lock:
            health = list(self._health.values())
        return [Observation(value, attributes) for value, attributes in health]

    def _failure_counts(self, _: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(count, {WHERE: where})
            for where, count in list(self._guard.failures.items())
        ]

"""Instruments of our own, for what the conventions do not name."""

from collections.abc import Iterable
from threading import Lock

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from chatmodels.core import HealthReport
from chatmodels.otel._failure import error_type
from chatmodels.otel._guard import Guard
from chatmodels.otel._metrics.cardinality import Bounded
from chatmodels.otel._metrics.inference import seconds
from chatmodels.otel._metrics.measurement import Finished
from chatmodels.otel._model_attributes import UNANSWERED, Facts
from chatmodels.otel._semconv import (
    ERROR_TYPE,
    PROVIDER_NAME,
    PROVIDER_NAMES,
    STATUS,
    WHERE,
)

MAX_PROVIDERS = 64
"""How many providers the registry's instruments tell apart; names can be misspelt at will."""


class CallInstruments:
    """Retries and costs."""

    def __init__(self, meter: Meter) -> None:
        self._retries = meter.create_counter(
            "chatmodels.retries", unit="{retry}", description="Attempts made again, by reason."
        )
        self._cost = meter.create_counter(
            "chatmodels.usage.cost", unit="USD", description="Cost of calls, as the hook tells it."
        )

    def record(self, call: Finished, /) -> None:
        """Record a call."""
        for reason in call.retries:
            self._retries.add(1, call.plan.attributes(UNANSWERED, reason), call.context)
        if call.cost is not None:
            self._cost.add(call.cost, call.plan.attributes(call.answered, None), call.context)


class RegistryInstruments:
    """What a registry resolves and creates, and how its providers fare; see `RegistryObserver`.

    Args:
        meter: What makes the instruments.
        guard: Where failures go, and what is told of them.
    """

    def __init__(self, meter: Meter, guard: Guard) -> None:
        self._guard = guard
        self._lock = Lock()
        self._names = Bounded(MAX_PROVIDERS)
        self._health: dict[str, tuple[int, Facts]] = {}
        self._resolutions = meter.create_counter(
            "chatmodels.registry.resolutions",
            unit="{resolution}",
            description="Providers looked up by name.",
        )
        self._creations = seconds(
            meter,
            "chatmodels.registry.create.duration",
            "Time to create a model, the import of its provider included.",
        )
        self._latency = seconds(
            meter, "chatmodels.health.duration", "Time that a health check took."
        )
        meter.create_observable_gauge(
            "chatmodels.health.healthy",
            [self._fared],
            unit="{provider}",
            description="1 for a provider whose last health check found it healthy, else 0.",
        )
        meter.create_observable_counter(
            "chatmodels.telemetry.failures",
            [self._failed],
            unit="{failure}",
            description="Failures in telemetry, which no call has noticed.",
        )

    def forked(self) -> None:
        """Begin anew, in a child process."""
        self._lock = Lock()

    def resolved(self, provider: str, error: Exception | None, /) -> None:
        """Count a provider looked up."""
        try:
            self._resolutions.add(1, self._attributes(provider, error))
        except Exception as failure:
            self._guard.failed("registry", failure)

    def created(self, provider: str, duration: float, error: Exception | None, /) -> None:
        """Record a model created, or not."""
        try:
            self._creations.record(duration, self._attributes(provider, error))
        except Exception as failure:
            self._guard.failed("registry", failure)

    def checked(self, report: HealthReport, /) -> None:
        """Record how a provider fared."""
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
            self._guard.failed("registry", failure)

    def _attributes(self, provider: str, error: Exception | None) -> Facts:
        found: Facts = {PROVIDER_NAME: self._names.told(PROVIDER_NAMES.get(provider, provider))}
        if error is not None:
            found[ERROR_TYPE] = error_type(error)
        return found

    def _fared(self, _: CallbackOptions) -> Iterable[Observation]:
        with self._lock:
            health = list(self._health.values())
        return [Observation(value, attributes) for value, attributes in health]

    def _failed(self, _: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(count, {WHERE: where})
            for where, count in list(self._guard.failures.items())
        ]

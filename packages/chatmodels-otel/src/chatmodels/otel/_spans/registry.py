"""The observer of registries: it measures their operations and records spans of creations."""

from time import time_ns

from opentelemetry.trace import Status, StatusCode, Tracer, get_current_span

from chatmodels.core import HealthReport
from chatmodels.otel._failure import error_type
from chatmodels.otel._guard import Guard
from chatmodels.otel._metrics.custom_instruments import RegistryInstruments
from chatmodels.otel._model_attributes import Facts
from chatmodels.otel._semconv import ERROR_TYPE, PROVIDER_NAME, PROVIDER_NAMES

SLOW = 1e-3
"""The least duration in seconds of a creation with a span: shorter ones would clutter traces."""


class RegistryRecorder:
    """A `RegistryObserver` of core.

    Args:
        instruments: The instruments.
        guard: Receives failures.
        tracer: The source of spans, if spans are recorded.
    """

    def __init__(
        self, instruments: RegistryInstruments, guard: Guard, tracer: Tracer | None
    ) -> None:
        self._instruments = instruments
        self._guard = guard
        self._tracer = tracer

    def resolved(self, provider: str, error: Exception | None, /) -> None:
        """Count a lookup of a provider."""
        self._instruments.resolved(provider, error)

    def created(self, provider: str, duration: float, error: Exception | None, /) -> None:
        """Record the creation of a model, successful or not.

        A span is created afterwards if the current span is recorded. Without a parent, the span
        would be a trace of its own.
        """
        self._instruments.created(provider, duration, error)
        if self._tracer is None or (duration < SLOW and error is None):
            return
        try:
            if get_current_span().is_recording():
                self._record_span(self._tracer, provider, duration, error)
        except Exception as failure:
            self._guard.record_failure("registry", failure)

    def checked(self, report: HealthReport, /) -> None:
        """Record the report of a health check."""
        self._instruments.checked(report)

    def _record_span(
        self, tracer: Tracer, provider: str, duration: float, error: Exception | None
    ) -> None:
        ended = time_ns()
        attributes: Facts = {PROVIDER_NAME: PROVIDER_NAMES.get(provider, provider)}
        if error is not None:
            attributes[ERROR_TYPE] = error_type(error)
        span = tracer.start_span(
            f"chatmodels.create {provider}",
            attributes=attributes,
            start_time=ended - round(duration * 1e9),
        )
        if error is not None:
            span.set_status(Status(StatusCode.ERROR, str(error)))
        span.end(ended)

"""Watches a registry: measures what it does, and shows slow and failed creations in traces."""

from time import time_ns

from opentelemetry.trace import Status, StatusCode, Tracer, get_current_span

from chatmodels.core import HealthReport
from chatmodels.otel._failure import error_type
from chatmodels.otel._guard import Guard
from chatmodels.otel._metrics.custom_instruments import RegistryInstruments
from chatmodels.otel._model_attributes import Facts
from chatmodels.otel._semconv import ERROR_TYPE, PROVIDER_NAME, PROVIDER_NAMES

SLOW = 1e-3
"""Seconds that a creation takes to be worth a span: others would only be noise in a trace."""


class RegistryWatch:
    """Core's `RegistryObserver`.

    Args:
        instruments: What measures.
        guard: Where failures go.
        tracer: What makes spans, if there are to be any.
    """

    def __init__(
        self, instruments: RegistryInstruments, guard: Guard, tracer: Tracer | None
    ) -> None:
        self._instruments = instruments
        self._guard = guard
        self._tracer = tracer

    def resolved(self, provider: str, error: Exception | None, /) -> None:
        """Count a provider looked up."""
        self._instruments.resolved(provider, error)

    def created(self, provider: str, duration: float, error: Exception | None, /) -> None:
        """Record a model created, or not.

        Its span is made afterwards, below one that is recorded: a creation that belongs to
        nothing would be a trace of its own that nobody looks for.
        """
        self._instruments.created(provider, duration, error)
        if self._tracer is None or (duration < SLOW and error is None):
            return
        try:
            if get_current_span().is_recording():
                self._draw(self._tracer, provider, duration, error)
        except Exception as failure:
            self._guard.failed("registry", failure)

    def checked(self, report: HealthReport, /) -> None:
        """Record how a provider fared."""
        self._instruments.checked(report)

    def _draw(
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

"""The overhead of the SDK alone: the same span and measurements, recorded directly."""

from collections.abc import Callable

from opentelemetry.trace import SpanKind, set_span_in_context

from benchmarks.telemetry.subject import Providers

START = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "acme",
    "gen_ai.request.model": "large",
    "server.address": "api.acme.example",
    "server.port": 443,
}
END = {
    "gen_ai.response.id": "response-1",
    "gen_ai.response.model": "large-2026-10-01",
    "gen_ai.response.finish_reasons": ("stop",),
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.usage.output_tokens": 7,
    "gen_ai.usage.cache_read.input_tokens": 4,
}
MEASURED = {**START, "gen_ai.response.model": "large-2026-10-01"}
COUNTED = {**MEASURED, "gen_ai.token.modality": "text"}


def span(providers: Providers) -> Callable[[], object]:
    """Record a span with the attributes of chatmodels."""
    tracer = providers.tracers.get_tracer("bare")

    def run() -> None:
        span = tracer.start_span("chat large", kind=SpanKind.CLIENT, attributes=START)
        span.set_attributes(END)
        span.end()

    return run


def span_and_metrics(providers: Providers) -> Callable[[], object]:
    """Record such a span, and the eight measurements of a call in the conventions."""
    tracer = providers.tracers.get_tracer("bare")
    meter = providers.meters.get_meter("bare")
    duration = meter.create_histogram("duration", "s")
    tokens = [meter.create_histogram(f"operation.{kind}") for kind in ("input", "output")]
    usage = [meter.create_counter(f"usage.{number}") for number in range(5)]

    def run() -> None:
        span = tracer.start_span("chat large", kind=SpanKind.CLIENT, attributes=START)
        context = set_span_in_context(span)
        span.set_attributes(END)
        span.end()
        duration.record(0.5, MEASURED, context)
        for histogram in tokens:
            histogram.record(12, MEASURED, context)
        for counter in usage:
            counter.add(12, COUNTED, context)

    return run

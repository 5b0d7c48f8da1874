"""What is watched: a model that answers at once, and SDKs whose exporters throw all away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from opentelemetry.metrics import MeterProvider, NoOpMeterProvider
from opentelemetry.trace import NoOpTracerProvider, TracerProvider

from chatmodels.core import ChatResponse, StreamEnd, StreamEvent, TextDelta, Usage, assistant
from chatmodels.core.extending import StandardChatModel
from chatmodels.otel import Telemetry, TelemetryOptions, instrument

QUESTION = "Why is the sky blue?"
ANSWER: ChatResponse[Any] = ChatResponse(
    message=assistant("Because of Rayleigh scattering."),
    model="large-2026-10-01",
    id="response-1",
    raw_finish_reason="stop",
    usage=Usage(input_tokens=12, output_tokens=7, cached_input_tokens=4),
)


class Instant(StandardChatModel):
    """Answers at once, so that only what surrounds a call takes time."""

    streamed: tuple[StreamEvent, ...] = (StreamEnd(),)

    def respond(self, request: Any, call: Any) -> ChatResponse[Any]:
        return ANSWER

    def events(self, request: Any, call: Any) -> Any:
        yield from self.streamed


def model(chunks: int = 0) -> Instant:
    """A model whose streams have so many chunks."""
    made = Instant("acme", "large", endpoint="https://api.acme.example/v1")
    made.streamed = (*(TextDelta("word ") for _ in range(chunks)), StreamEnd())
    return made


class Providers(NamedTuple):
    """Providers of tracers and meters, and what brings in and throws away what they hold."""

    tracers: TracerProvider
    meters: MeterProvider
    collect: Callable[[], object]

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Bring in and throw away, at the end, what happened in between."""
        yield
        self.collect()

    def telemetry(self, **options: Any) -> Telemetry:
        return Telemetry(
            TelemetryOptions(**options), tracer_provider=self.tracers, meter_provider=self.meters
        )

    def watched(self, chunks: int = 0, **options: Any) -> Instant:
        return instrument(model(chunks), telemetry=self.telemetry(**options))


def api() -> Providers:
    """The API alone, as it is if nobody has installed an SDK."""
    return Providers(NoOpTracerProvider(), NoOpMeterProvider(), lambda: None)


def sdk(*, sampled: bool, metrics: bool) -> Providers:
    """An SDK with a batch processor and a reader, whose exporters throw all away."""
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

    class Nowhere(SpanExporter):
        def export(self, spans: Any) -> Any:
            return SpanExportResult.SUCCESS

    tracers = TracerProvider(sampler=ALWAYS_ON if sampled else ALWAYS_OFF)
    tracers.add_span_processor(BatchSpanProcessor(Nowhere(), max_queue_size=100_000))
    if not metrics:
        return Providers(tracers, NoOpMeterProvider(), tracers.force_flush)
    reader = InMemoryMetricReader()

    def collect() -> None:
        reader.get_metrics_data()
        tracers.force_flush()

    return Providers(tracers, MeterProvider([reader]), collect)

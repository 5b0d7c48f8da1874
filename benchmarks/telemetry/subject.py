"""The measured subject: a model that responds at once, and SDKs that discard all data."""

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
    """A model that responds at once, so that only the overhead of a call takes time."""

    streamed: tuple[StreamEvent, ...] = (StreamEnd(),)

    def respond(self, request: Any, call: Any) -> ChatResponse[Any]:
        return ANSWER

    def events(self, request: Any, call: Any) -> Any:
        yield from self.streamed


def model(chunks: int = 0) -> Instant:
    """Return a model whose streams have a number of chunks."""
    instant = Instant("acme", "large", endpoint="https://api.acme.example/v1")
    instant.streamed = (*(TextDelta("word ") for _ in range(chunks)), StreamEnd())
    return instant


class Providers(NamedTuple):
    """Providers of tracers and meters, with a function that collects and discards their data."""

    tracers: TracerProvider
    meters: MeterProvider
    collect: Callable[[], object]

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Collect and discard the data of a `with` block at its end."""
        yield
        self.collect()

    def telemetry(self, **options: Any) -> Telemetry:
        return Telemetry(
            TelemetryOptions(**options), tracer_provider=self.tracers, meter_provider=self.meters
        )

    def watched(self, chunks: int = 0, **options: Any) -> Instant:
        return instrument(model(chunks), telemetry=self.telemetry(**options))


def api() -> Providers:
    """Return the providers of the API, without an SDK."""
    return Providers(NoOpTracerProvider(), NoOpMeterProvider(), lambda: None)


def sdk(*, sampled: bool, metrics: bool) -> Providers:
    """Return an SDK with a batch processor and a reader, whose exporters discard all data."""
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
        reader.collect(timeout_millis=3_600_000)  # callbacks that valgrind runs take long
        tracers.force_flush()

    return Providers(tracers, MeterProvider([reader]), collect)

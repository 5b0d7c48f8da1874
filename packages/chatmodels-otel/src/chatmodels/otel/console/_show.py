"""Records a `with` block and prints its spans and metrics."""

import shutil
import sys
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from chatmodels.otel._instrumentor import ChatModelsInstrumentor
from chatmodels.otel._options import options_from_environment
from chatmodels.otel._telemetry import Telemetry
from chatmodels.otel.console._table import table
from chatmodels.otel.console._waterfall import waterfall

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

MAX_SPANS = 1000
"""The largest number of spans; later ones replace earlier ones."""


@contextmanager
def show(
    *, file: TextIO | None = None, width: int | None = None, metrics: bool = True, **options: Any
) -> Generator[Telemetry]:
    """Record models, tools and functions in a `with` block, and print the data at its end.

    Models that the global registry creates in the block are recorded automatically, others with
    `instrument(model, telemetry=...)`, and functions with `traced(telemetry=...)`. The providers of
    the program are not changed.

    Args:
        file: The output; standard output by default.
        width: The number of columns; that of the terminal by default.
        metrics: Whether to print the table of metrics.
        options: Fields of `TelemetryOptions`.

    Yields:
        The telemetry.

    Raises:
        ConfigurationError: An option is not valid.
    """
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider

    spans: deque[ReadableSpan] = deque(maxlen=MAX_SPANS)
    reader = InMemoryMetricReader()
    tracers = TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(_span_collector(spans))
    meters = MeterProvider([reader], shutdown_on_exit=False)
    telemetry = Telemetry(
        options_from_environment(**options), tracer_provider=tracers, meter_provider=meters
    )
    instrumentor = ChatModelsInstrumentor()
    is_ours = not instrumentor.is_instrumented_by_opentelemetry
    if is_ours:
        instrumentor.instrument(telemetry=telemetry)
    try:
        yield telemetry
    finally:
        if is_ours:
            instrumentor.uninstrument()
        out = sys.stdout if file is None else file
        columns = shutil.get_terminal_size((100, 24)).columns if width is None else width
        out.write(f"{waterfall(spans, width=columns) or 'no spans'}\n")
        if metrics:
            out.write(f"\n{table(reader.get_metrics_data())}\n")
        meters.shutdown()


def _span_collector(spans: "deque[ReadableSpan]") -> "SpanProcessor":
    from opentelemetry.sdk.trace import SpanProcessor

    class SpanCollector(SpanProcessor):
        """Collects finished spans."""

        def on_end(self, span: "ReadableSpan") -> None:
            spans.append(span)

    return SpanCollector()

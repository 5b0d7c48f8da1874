"""A `with` block that records what happens in it and draws it when it is over."""

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
"""How many spans are kept, the latest."""


@contextmanager
def show(
    *, file: TextIO | None = None, width: int | None = None, metrics: bool = True, **options: Any
) -> Generator[Telemetry]:
    """Record models, tools and functions within a `with` block, and draw it at the end.

    Models that are created in the block, by the global registry, are recorded by themselves;
    others with `instrument(model, telemetry=...)`, functions with `traced(telemetry=...)`.
    The program's own providers, if it has any, are not touched.

    Args:
        file: Where to draw; standard output by default.
        width: Columns; those of the terminal by default.
        metrics: Whether to add the table of metrics.
        options: Fields of `TelemetryOptions`.

    Yields:
        What records.

    Raises:
        ConfigurationError: An option is wrong.
    """
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider

    spans: deque[ReadableSpan] = deque(maxlen=MAX_SPANS)
    reader = InMemoryMetricReader()
    tracers = TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(_keeping(spans))
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


def _keeping(spans: "deque[ReadableSpan]") -> "SpanProcessor":
    from opentelemetry.sdk.trace import SpanProcessor

    class Keeping(SpanProcessor):
        """Keeps finished spans."""

        def on_end(self, span: "ReadableSpan") -> None:
            spans.append(span)

    return Keeping()

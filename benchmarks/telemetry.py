"""What telemetry costs: CPU added to a call, to a chunk and to the start of a program.

    python -m benchmarks.telemetry

Everything is measured in one process, in turns, as CPU time of the calling thread without garbage
collection; the best of many turns counts, since on a shared machine everything else is somebody
else's noise. What other instrumentations cost is measured the same way where they are installed:
`opentelemetry-util-genai` (its handler around nothing at all).
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from chatmodels.core import (
    ChatResponse,
    StandardChatModel,
    StreamEnd,
    TextDelta,
    Usage,
    assistant,
)

CALLS = 300
BLOCKS = 31
CHUNKS = 2000

ANSWER: ChatResponse[Any] = ChatResponse(
    message=assistant("Because of Rayleigh scattering."),
    model="large-2026-10-01",
    id="response-1",
    raw_finish_reason="stop",
    usage=Usage(input_tokens=12, output_tokens=7, cached_input_tokens=4),
)


class Instant(StandardChatModel):
    """Answers at once, so that only what surrounds a call takes time."""

    def respond(self, request: Any, call: Any) -> ChatResponse[Any]:
        return ANSWER

    def events(self, request: Any, call: Any) -> Any:
        yield from EVENTS


EVENTS = (*(TextDelta("word ") for _ in range(CHUNKS)), StreamEnd())


def model() -> Instant:
    return Instant("acme", "large", endpoint="https://api.acme.example/v1")


def block(run: Callable[[], object], times: int) -> float:
    """CPU microseconds of one run."""
    start = time.thread_time_ns()
    for _ in range(times):
        run()
    return (time.thread_time_ns() - start) / times / 1000


def added(
    plain: Callable[[], object],
    more: Callable[[], object],
    *,
    times: int = CALLS,
    blocks: int = BLOCKS,
    after: Callable[[], object] = lambda: None,
) -> float:
    """What the second costs more than the first, in microseconds, the best of many turns."""
    first = second = float("inf")
    for _ in range(blocks + 1):  # the first one warms up
        gc.collect()
        gc.disable()
        try:
            first = min(first, block(plain, times))
            second = min(second, block(more, times))
        finally:
            gc.enable()
        after()
    return second - first


def sdk(*, sampled: bool, metrics: bool) -> tuple[Any, Any, Callable[[], object]]:
    """An SDK whose exporters throw everything away in the background."""
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

    class Nowhere(SpanExporter):
        def export(self, spans: Any) -> Any:
            return SpanExportResult.SUCCESS

        def shutdown(self) -> None: ...

    tracers = TracerProvider(sampler=ALWAYS_ON if sampled else ALWAYS_OFF)
    tracers.add_span_processor(BatchSpanProcessor(Nowhere(), max_queue_size=100_000))
    reader = InMemoryMetricReader()
    meters = MeterProvider([reader] if metrics else [])

    def collect() -> None:
        # In a thread of its own, as the periodic reader does.
        thread = threading.Thread(target=reader.get_metrics_data if metrics else lambda: None)
        thread.start()
        thread.join()
        tracers.force_flush()

    return tracers, meters, collect


def bare_span(tracers: Any) -> Callable[[], object]:
    """What the SDK alone costs for a span with the same attributes."""
    from opentelemetry.trace import SpanKind

    tracer = tracers.get_tracer("bare")
    start = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "acme",
        "gen_ai.request.model": "large",
        "server.address": "api.acme.example",
        "server.port": 443,
    }
    end = {
        "gen_ai.response.id": "response-1",
        "gen_ai.response.model": "large-2026-10-01",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.usage.cache_read.input_tokens": 4,
    }

    def run() -> None:
        span = tracer.start_span("chat large", kind=SpanKind.CLIENT, attributes=start)
        span.set_attributes(end)
        span.end()

    return run


def util_genai(tracers: Any, meters: Any) -> Callable[[], object] | None:
    """The handler of `opentelemetry-util-genai`, recording the same."""
    try:
        from opentelemetry.util.genai.handler import TelemetryHandler
    except ImportError:
        return None
    handler = TelemetryHandler(tracer_provider=tracers, meter_provider=meters)

    def run() -> None:
        with handler.inference(
            provider="acme",
            request_model="large",
            server_address="api.acme.example",
            server_port=443,
        ) as invocation:
            invocation.response_id = "response-1"
            invocation.response_model_name = "large-2026-10-01"
            invocation.finish_reasons = ["stop"]
            invocation.input_tokens = 12
            invocation.output_tokens = 7

    return run


def nothing() -> None: ...


def calls() -> None:
    """Print what a whole call costs more with telemetry."""
    from opentelemetry.metrics import NoOpMeterProvider

    from chatmodels.otel import Telemetry, TelemetryOptions, instrument

    plain = model()

    def measured(telemetry: Telemetry, after: Callable[[], object] = nothing) -> float:
        watched = instrument(model(), telemetry=telemetry)
        return added(
            lambda: plain.generate("Why is the sky blue?"),
            lambda: watched.generate("Why is the sky blue?"),
            after=after,
        )

    rows: list[tuple[str, float, Any, Any, Callable[[], object]]] = []

    def row(name: str, telemetry: Telemetry, made: Any = (None, None, nothing)) -> float:
        cost = measured(telemetry, made[2])
        rows.append((name, cost, *made))
        return cost

    row("the API alone", Telemetry(TelemetryOptions()))
    off = (sdk(sampled=False, metrics=False)[0], NoOpMeterProvider(), nothing)
    row(
        "not sampled, no metrics",
        Telemetry(TelemetryOptions(level="traces"), tracer_provider=off[0], meter_provider=off[1]),
        off,
    )
    off = sdk(sampled=False, metrics=True)
    row(
        "not sampled, metrics",
        Telemetry(TelemetryOptions(), tracer_provider=off[0], meter_provider=off[1]),
        off,
    )
    on = sdk(sampled=True, metrics=True)
    whole = row(
        "sampled, batch processor, metrics",
        Telemetry(TelemetryOptions(), tracer_provider=on[0], meter_provider=on[1]),
        on,
    )
    bare = added(nothing, bare_span(on[0]), after=on[2])
    unsampled = added(nothing, bare_span(off[0]))
    now = sdk(sampled=True, metrics=True)
    immediate = measured(
        Telemetry(
            TelemetryOptions(measurements="immediate"),
            tracer_provider=now[0],
            meter_provider=now[1],
        ),
        now[2],
    )
    # Only now, since what is loaded together with it costs both of them more.
    print("\nCPU added to a whole call")
    for name, ours, tracers, meters, after in rows:
        line = f"{'  ' + name:<44}{ours:8.1f} us"
        theirs = util_genai(tracers, meters)
        if theirs is not None:
            cost = added(nothing, theirs, after=after)
            line += f"   util-genai {cost:8.1f} us   ratio {ours / cost:5.2f}"
        print(line)
    print(f"{'  sampled, immediate measurements':<44}{immediate:8.1f} us")
    print(f"{'  the SDK alone: a span, not sampled':<44}{unsampled:8.1f} us")
    print(f"{'  the SDK alone: a span, sampled':<44}{bare:8.1f} us")
    print(f"{'  ours on top of the SDK, sampled':<44}{whole - bare:8.1f} us")


def drain() -> None:
    """Print what deferred measurements cost in the reader's thread."""
    from chatmodels.otel import Telemetry, TelemetryOptions, instrument

    on = sdk(sampled=True, metrics=True)
    telemetry = Telemetry(TelemetryOptions(), tracer_provider=on[0], meter_provider=on[1])
    watched = instrument(model(), telemetry=telemetry)
    costs = []
    for _ in range(11):
        for _ in range(CALLS):
            watched.generate("Why is the sky blue?")
        costs.append(block(telemetry.flush, 1) / CALLS)
        on[2]()
    print(f"{'  later, in the thread of the reader':<44}{statistics.median(costs):8.1f} us")


def chunks() -> None:
    """Print what each chunk of a stream costs more with telemetry."""
    from chatmodels.otel import Telemetry, TelemetryOptions, instrument

    plain = model()
    print("CPU added to a streamed chunk")
    for name, options in (
        ("times of chunks", TelemetryOptions()),
        ("no times of chunks", TelemetryOptions(chunk_times=False)),
    ):
        on = sdk(sampled=True, metrics=True)
        telemetry = Telemetry(options, tracer_provider=on[0], meter_provider=on[1])
        watched = instrument(model(), telemetry=telemetry)

        def consumed(what: Instant) -> Callable[[], object]:
            def run() -> None:
                for _ in what.stream("Why?"):
                    pass

            return run

        cost = added(consumed(plain), consumed(watched), times=5, blocks=61, after=on[2])
        print(f"{'  ' + name:<44}{cost / CHUNKS:8.3f} us")


def imports() -> None:
    """Print what importing costs, in a process of its own each time."""

    def cost(statement: str) -> float:
        script = (
            f"import time; a = time.process_time(); {statement}; print(time.process_time() - a)"
        )
        runs = [
            float(
                subprocess.run(
                    [sys.executable, "-c", script], capture_output=True, check=True
                ).stdout
            )
            for _ in range(15)
        ]
        return min(runs) * 1000

    core = "import chatmodels.core"
    api = f"{core}; import opentelemetry.trace, opentelemetry.metrics, opentelemetry._logs"
    print("\nCPU to import")
    first = cost(core)
    second = cost(api)
    third = cost(f"{core}; import chatmodels.otel")
    print(f"{'  the API, after chatmodels.core':<44}{second - first:8.1f} ms")
    print(f"{'  chatmodels.otel with it':<44}{third - first:8.1f} ms")
    try:
        theirs = cost(f"{core}; import opentelemetry.util.genai.handler")
    except subprocess.CalledProcessError:
        return
    print(f"{'  opentelemetry-util-genai':<44}{theirs - first:8.1f} ms")


def main() -> None:
    chunks()
    calls()
    drain()
    imports()


if __name__ == "__main__":
    main()

"""A child process records like its parent, and nothing of its parent's."""

import os
import subprocess
import sys

import pytest

from chatmodels.otel import _fork, instrument
from chatmodels.providers.mock import MockChatModel

SETUP = """
import os
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from chatmodels.otel import Telemetry, TelemetryOptions, instrument
from chatmodels.providers.mock import MockChatModel

exporter, tracers, reader = InMemorySpanExporter(), TracerProvider(), InMemoryMetricReader()
tracers.add_span_processor(SimpleSpanProcessor(exporter))
telemetry = Telemetry(
    TelemetryOptions(measurements="MEASUREMENTS"),
    tracer_provider=tracers,
    meter_provider=MeterProvider([reader]),
)
model = instrument(MockChatModel(responses=["a"], on_exhausted="last"), telemetry=telemetry)


def value(name):
    data = reader.get_metrics_data()
    return sum(
        getattr(point, "count", getattr(point, "value", None))
        for resource in (data.resource_metrics if data else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == name
        for point in metric.data.data_points
    )


def finish(child, is_right):
    if child == 0:
        os._exit(0 if is_right else 1)
    assert is_right
    assert os.waitpid(child, 0)[1] == 0
"""

SPANS = """
model.generate("Hi")
child = os.fork()
model.generate("Hi")
finish(child, len(exporter.get_finished_spans()) == 2)
"""

WAITING = """
model.generate("Hi")
child = os.fork()
model.generate("Hi")
finish(child, value("gen_ai.client.inference.duration") == (2 if child else 1))
"""

IN_FLIGHT = """
with model.stream("Hi"):
    child = os.fork()
    finish(child, value("chatmodels.calls.in_flight") == (1 if child else 0))
"""

LOCKED = """
telemetry.meters._sums._lock.acquire()
telemetry.meters.registry._lock.acquire()
telemetry.guard._lock.acquire()
child = os.fork()
if child == 0:
    model.generate("Hi")
    telemetry.registry.resolved("mock", None)
    telemetry.guard.record_failure("somewhere", ValueError())
finish(child, child or value("gen_ai.client.inference.usage.output_tokens") == 1)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize(
    ("script", "measurements"),
    [
        (SPANS, "deferred"),
        (WAITING, "deferred"),
        (IN_FLIGHT, "deferred"),
        (LOCKED, "deferred"),
        (LOCKED, "immediate"),
    ],
    ids=["spans", "what waits", "in flight", "locks", "locks, immediate"],
)
def test_a_child_process_starts_with_reset_telemetry(script, measurements) -> None:
    setup = SETUP.replace("MEASUREMENTS", measurements)
    subprocess.run([sys.executable, "-c", setup + script], check=True, timeout=300)


@pytest.mark.parametrize("measurements", ["deferred", "immediate"])
def test_telemetry_is_reset_after_a_fork_as_long_as_it_exists(recorder, measurements) -> None:
    telemetry = recorder.telemetry(measurements=measurements)
    off = recorder.telemetry(level="off")
    model = instrument(MockChatModel(responses=["a", "b"]), telemetry=telemetry)
    model.generate("Hi")

    with model.stream("Hi"):
        for lock in (telemetry.guard._lock, telemetry.meters._sums._lock):
            lock.acquire()
        _fork._in_child()
        assert recorder.total("chatmodels.calls.in_flight") == 0

    assert off in _fork._inherited
    assert recorder.total("gen_ai.client.inference.duration") == 1 + (measurements == "immediate")

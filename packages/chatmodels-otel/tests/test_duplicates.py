"""Calls are recorded once, by us or by an instrumentation built on opentelemetry-util-genai.

In a process of its own: once that package is imported, every call looks for its marks.
"""

import json
import subprocess
import sys

import pytest

SETUP = """
import json, sys
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
try:
    from opentelemetry.util.genai.handler import TelemetryHandler
except ImportError:
    print("null")
    sys.exit()

from chatmodels.otel import Telemetry, TelemetryOptions, instrument
from chatmodels.providers.mock import MockChatModel

exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
tracers, meters = TracerProvider(), MeterProvider([reader])
tracers.add_span_processor(SimpleSpanProcessor(exporter))
handler = TelemetryHandler(tracer_provider=tracers, meter_provider=meters)
telemetry = Telemetry(TelemetryOptions(), tracer_provider=tracers, meter_provider=meters)


def theirs(request=None):
    with handler.inference("mock", request_model="theirs"):
        return "an answer"


ours = instrument(MockChatModel("ours", responses=[theirs] * 2), telemetry=telemetry)
outer = instrument(
    MockChatModel("outer", responses=[lambda request: ours.generate("Hi").text]),
    telemetry=telemetry,
)
"""

REPORT = """
spans = exporter.get_finished_spans()
names = [span.name.removeprefix("chat ") for span in spans]
durations = [
    point.count
    for resource in reader.get_metrics_data().resource_metrics
    for scope in resource.scope_metrics
    for metric in scope.metrics
    if metric.name.endswith((".inference.duration", ".operation.duration"))
    for point in metric.data.data_points
]
assert sum(durations) == len(spans), durations
assert all(span.parent is None for span in spans if "outer" not in names)
print(json.dumps([span.name for span in spans]))
"""


@pytest.mark.parametrize(
    ("script", "spans"),
    [
        ("assert ours.generate('Hi').text == 'an answer'", ["ours"]),
        ("assert ours.stream('Hi').collect().text == 'an answer'", ["ours"]),
        ("with handler.inference('mock', request_model='theirs'): ours.generate('Hi')", ["theirs"]),
        ("theirs(); ours.generate('Hi'); theirs()", ["theirs", "ours", "theirs"]),
        ("outer.generate('Hi')", ["ours", "outer"]),
    ],
    ids=["below a call", "below a stream", "around a call", "before and after", "of ours"],
)
def test_a_call_is_recorded_once(script, spans) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SETUP + script + REPORT], check=True, capture_output=True, text=True
    )

    found = json.loads(done.stdout)
    assert (found or pytest.skip("opentelemetry-util-genai is not installed")) == [
        f"chat {name}" for name in spans
    ]

"""A real export: OTLP over HTTP to a small collector on loopback, which decodes the messages."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from chatmodels.core import ErrorCode
from chatmodels.otel import Telemetry, TelemetryOptions, instrument
from chatmodels.otel._content.capture import api_version
from chatmodels.otel._logs.events import EVENTS_SINCE
from chatmodels.providers.mock import MockChatModel

KINDS: dict[str, Any] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


class Collector:
    """A collector that receives OTLP over HTTP and stores the messages."""

    def __init__(self) -> None:
        self.received: dict[str, list[Any]] = {path: [] for path in KINDS}
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.received[self.path].append(KINDS[self.path].FromString(body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


class Pipeline:
    """An SDK that exports to an address."""

    def __init__(self, address: str, *, timeout: float = 300, **options: Any) -> None:
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
        from opentelemetry.sdk._logs import LoggerProvider
        from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

        spans = OTLPSpanExporter(f"{address}/v1/traces", timeout=timeout)
        metrics = OTLPMetricExporter(f"{address}/v1/metrics", timeout=timeout)
        logs = OTLPLogExporter(f"{address}/v1/logs", timeout=timeout)
        self._exporters = (spans, metrics, logs)
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(BatchSpanProcessor(spans))
        reader = PeriodicExportingMetricReader(metrics, 3_600_000)
        self.meters = MeterProvider([reader], shutdown_on_exit=False)
        self.loggers = LoggerProvider(shutdown_on_exit=False)
        self.loggers.add_log_record_processor(BatchLogRecordProcessor(logs))
        self.telemetry = Telemetry(
            TelemetryOptions(**options),
            tracer_provider=self.tracers,
            meter_provider=self.meters,
            logger_provider=self.loggers,
        )

    def close(self) -> None:
        self.tracers.shutdown()
        self.meters.shutdown()
        self.loggers.shutdown()

    def give_up(self) -> None:
        """Close without a collector.

        Exporters first: each would try again for a minute, in threads that disturb later tests.
        """
        for exporter in self._exporters:
            exporter.shutdown()
        self.close()


def plain(value: Any) -> Any:
    """Read a value of OTLP."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {item.key: plain(item.value) for item in value.kvlist_value.values}
    return None if kind is None else getattr(value, kind)


def attributes(owner: Any) -> dict[str, Any]:
    return {each.key: plain(each.value) for each in owner.attributes}


def test_spans_metrics_and_logs_arrive_at_a_collector(collector) -> None:
    pipeline = Pipeline(collector.address, content="both")
    model = instrument(
        MockChatModel("m", responses=["two words", "three more words", ErrorCode.NETWORK]),
        telemetry=pipeline.telemetry,
    )
    model.generate("Hi")
    model.stream("Hi").collect()
    with pytest.raises(ConnectionError):
        model.generate("Hi")
    pipeline.close()

    spans = [
        (scope.scope, span)
        for message in collector.received["/v1/traces"]
        for resource in message.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert [span.name for _, span in spans] == ["chat m"] * 3
    assert {scope.name for scope, _ in spans} == {"chatmodels.otel"}
    assert {scope.version for scope, _ in spans} == {"0.1.0"}
    first = attributes(spans[0][1])
    assert first["gen_ai.usage.output_tokens"] == 2
    written = first["gen_ai.output.messages"]
    assert (json.loads(written) if isinstance(written, str) else written) == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "two words"}],
            "finish_reason": "stop",
        }
    ]
    metrics = {
        metric.name: metric
        for message in collector.received["/v1/metrics"]
        for resource in message.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    durations = metrics["gen_ai.client.inference.duration"].histogram.data_points
    assert sum(point.count for point in durations) == 3
    # The OTLP exporters of old SDKs put their own buckets in the place of those advised.
    buckets = list(durations[0].explicit_bounds)[:3]
    assert buckets == [0.01, 0.02, 0.04] or api_version() < (1, 44)
    output = metrics["gen_ai.client.inference.usage.output_tokens"].sum
    assert output.is_monotonic
    assert sum(point.as_int for point in output.data_points) == 5
    assert api_version() >= EVENTS_SINCE or pytest.skip("the API has no events")
    records = [
        record
        for message in collector.received["/v1/logs"]
        for resource in message.resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]
    assert [record.event_name.rpartition(".")[2] for record in records] == [
        "details",
        "details",
        "details",
        "exception",
    ]
    assert {record.span_id for record in records} == {span.span_id for _, span in spans}


def test_a_collector_that_is_down_is_not_noticed_by_calls() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with unaffected(f"http://127.0.0.1:{port}"):
        pass


def test_a_collector_that_never_responds_does_not_affect_calls() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with unaffected(f"http://127.0.0.1:{deaf.getsockname()[1]}"):
            deaf.close()  # which resets its connections, so that nothing waits for them


@contextmanager
def unaffected(address: str) -> Iterator[None]:
    """Make calls while spans are exported; leave no thread behind."""
    pipeline = Pipeline(address, timeout=2)
    model = instrument(
        MockChatModel(responses=["a"], on_exhausted="last"), telemetry=pipeline.telemetry
    )
    exporting = threading.Thread(target=pipeline.tracers.force_flush, args=(1000,), daemon=True)
    model.generate("Hi")
    exporting.start()
    began = time.monotonic()

    for _ in range(100):
        assert model.generate("Hi").text == "a"

    assert time.monotonic() - began < 100  # if each call waited: 200
    yield
    pipeline.give_up()
    exporting.join()

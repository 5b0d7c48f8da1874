"""A validator of the conventions, and providers that keep in memory what they are given."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs import export as sdk_logs
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chatmodels.otel import Telemetry, TelemetryOptions

CONVENTIONS = Path(__file__).parent / "conventions"

SCHEMAS = {
    "gen_ai.input.messages": "gen-ai-input-messages",
    "gen_ai.output.messages": "gen-ai-output-messages",
    "gen_ai.system_instructions": "gen-ai-system-instructions",
    "gen_ai.tool.definitions": "gen-ai-tool-definitions",
    "gen_ai.tool.call.arguments": "gen-ai-tool-call-arguments",
}

INFERENCE = "gen_ai.client.inference"

REFINEMENTS = {
    "anthropic": "anthropic",
    "aws.bedrock": "aws.bedrock",
    "azure.ai.inference": "azure.ai",
    "openai": "openai",
}

TYPES: dict[str, Any] = {
    "string": str,
    "int": int,
    "double": (float, int),
    "boolean": bool,
}


class Conventions:
    """Finds what the conventions forbid in what the SDK received.

    The answers are sentences; an empty list is a clean bill.

    Attributes:
        knows_version_1_41: Whether the metrics of that version are right as well.
    """

    def __init__(self) -> None:
        self.knows_version_1_41 = False
        self.model = json.loads((CONVENTIONS / "genai-semconv.json").read_text("utf-8"))
        self.schemas = {}
        for name, file in SCHEMAS.items():
            text = (CONVENTIONS / "schemas" / f"{file}.json").read_text("utf-8")
            schema = json.loads(text)
            _without_remote_references(schema)
            self.schemas[name] = Draft7Validator(schema)

    def span(self, span: ReadableSpan) -> list[str]:
        attributes = dict(span.attributes or {})
        operation = attributes.get("gen_ai.operation.name")
        if operation is None and (
            span.name.startswith("chatmodels.") or "code.function.name" in attributes
        ):
            return []  # of our own, or of the program's
        kind = {
            "chat": INFERENCE,
            "execute_tool": "gen_ai.execute_tool.internal",
        }.get(str(operation))
        if kind is None:
            return [f"no operation {operation!r}"]
        model = self.model["spans"][kind]
        found = self._attributes(attributes, self._allowed(kind, model, attributes))
        subject = "gen_ai.request.model" if operation == "chat" else "gen_ai.tool.name"
        if span.name != f"{operation} {attributes.get(subject)}":
            found.append(f"span name {span.name!r}")
        if span.kind.name.lower() != model["kind"]:
            found.append(f"span kind {span.kind}")
        status = span.status.status_code.name
        if status == "OK":
            found.append("status OK, which is the application's to set")
        if (status == "ERROR") != ("error.type" in attributes):
            found.append(f"status {status} with error.type {attributes.get('error.type')}")
        if ("server.address" in attributes) != ("server.port" in attributes):
            found.append("server.address and server.port belong together")
        scope = span.instrumentation_scope
        if scope is None or scope.schema_url != self.model["source"]["schema_url"]:
            found.append(f"schema url of {scope}")
        if any(event.name == "exception" for event in span.events):
            found.append("exceptions are events of logs")
        return found

    def metrics(self, metrics: Mapping[str, Any]) -> list[str]:
        found: list[str] = []
        for name, metric in metrics.items():
            if not name.startswith("gen_ai."):
                if not name.startswith("chatmodels"):
                    found.append(f"{name} is in nobody's namespace")
                continue
            model = self.model["metrics"].get(name)
            if model is None and (model := self._legacy(name)) is None:
                found.append(f"no metric {name}")
                continue
            if metric.unit != model["unit"]:
                found.append(f"{name} has unit {metric.unit!r}")
            kind = type(metric.data).__name__.lower()
            wanted = {"histogram": "histogram", "counter": "sum"}[model["instrument"]]
            if kind != wanted:
                found.append(f"{name} is a {kind}")
            if kind == "sum" and not metric.data.is_monotonic:
                found.append(f"{name} is not monotonic")
            for point in metric.data.data_points:
                found += self._point(name, model, point)
        return found

    def event(self, record: Any) -> list[str]:
        model = self.model["events"].get(record.event_name)
        if model is None:
            return [f"no event {record.event_name!r}"]
        attributes = dict(record.attributes or {})
        inference = self.model["spans"][INFERENCE]
        allowed = self._allowed(INFERENCE, model, attributes)
        if record.event_name.endswith(".exception"):
            allowed |= self._allowed(INFERENCE, inference, attributes)
            allowed = {
                name: {**each, "level": "recommended"} if name.startswith("gen_ai.") else each
                for name, each in allowed.items()
            }
        found = self._attributes(attributes, allowed, structured=True)
        if record.severity_number.value != model["severity_number"]:
            found.append(f"severity {record.severity_number}")
        return found

    def _allowed(
        self, kind: str, model: Any, attributes: Mapping[str, Any]
    ) -> dict[str, dict[str, Any]]:
        """Give the attributes that a span may have: those of its kind, and of its provider."""
        allowed = dict(model["attributes"])
        prefix = REFINEMENTS.get(str(attributes.get("gen_ai.provider.name")))
        refinement = self.model["span_refinements"].get(f"{prefix}.{kind}")
        for name, changes in refinement["overrides"].items() if refinement else ():
            allowed[name] = {**allowed.get(name, {}), **changes}
        # Required by the letter, but most calls have none.
        allowed.get("aws.bedrock.guardrail.id", {})["level"] = "recommended"
        return allowed

    def _legacy(self, name: str) -> Any:
        """Make a model of a metric of version 1.41, if the test has asked for these names."""
        old = self.model["legacy"]["metrics"].get(name) if self.knows_version_1_41 else None
        if old is None:
            return None
        attributes = dict(self.model["metrics"][f"{INFERENCE}.duration"]["attributes"])
        return {
            "instrument": old["instrument"],
            "unit": old["unit"],
            "explicit_bucket_boundaries": old["buckets"],
            "value_type": "double",
            "attributes": attributes | {"gen_ai.token.type": {"level": "recommended"}},
        }

    def _point(self, name: str, model: Any, point: Any) -> list[str]:
        allowed = dict(model["attributes"])
        if point.attributes.get("gen_ai.provider.name") == "openai":
            for refinement in self.model["metric_refinements"].values():
                if refinement["refines"] == name:
                    allowed |= {each: {"level": "recommended"} for each in refinement["adds"]}
        found = [f"{name}: {each}" for each in self._attributes(dict(point.attributes), allowed)]
        buckets = model.get("explicit_bucket_boundaries")
        if buckets is not None and list(point.explicit_bounds) != buckets:
            found.append(f"{name} has buckets {point.explicit_bounds}")
        value = getattr(point, "value", getattr(point, "sum", None))
        if model["value_type"] == "int" and not isinstance(value, int):
            found.append(f"{name} has the value {value!r}")
        return found

    def _attributes(
        self, attributes: Mapping[str, Any], allowed: Mapping[str, Any], *, structured: bool = False
    ) -> list[str]:
        found = [
            f"{name} is required"
            for name, each in allowed.items()
            if each["level"] == "required" and name not in attributes
        ]
        for name, value in attributes.items():
            if name.startswith("chatmodels."):
                continue
            if name.startswith("gen_ai.prompt.variable.") and isinstance(value, str):
                continue
            if name not in allowed:
                found.append(f"{name} is not among the attributes")
                continue
            found += self._value(name, value, structured=structured)
        return found

    def _value(self, name: str, value: Any, *, structured: bool) -> list[str]:
        kind = "string" if name == "gen_ai.token.type" else self.model["attributes"][name]["type"]
        if kind == "any":
            if name not in self.schemas:
                return []
            if isinstance(value, str) and not structured:
                value = json.loads(value)
            errors = self.schemas[name].iter_errors(_plain(value))
            return [f"{name}: {error.message}" for error in errors]
        if kind.endswith("[]"):
            if not isinstance(value, tuple | list):
                return [f"{name} is {value!r}"]
            return [
                f"{name} has {item!r}" for item in value if not isinstance(item, TYPES[kind[:-2]])
            ]
        if not isinstance(value, TYPES[kind]) or (kind != "boolean" and isinstance(value, bool)):
            return [f"{name} is {value!r}, not of type {kind}"]
        return []


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return value


def _without_remote_references(schema: Any) -> None:
    if isinstance(schema, dict):
        if str(schema.get("$ref", "")).startswith("http"):
            schema.clear()
        for each in schema.values():
            _without_remote_references(each)
    elif isinstance(schema, list):
        for each in schema:
            _without_remote_references(each)


class Recorder:
    """An SDK whose exporters keep everything in memory.

    Attributes:
        conventions: What is checked when the test is over.
    """

    def __init__(self, conventions: Conventions) -> None:
        self.conventions = conventions
        self._spans = InMemorySpanExporter()
        self.tracer_provider = TracerProvider()
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self._reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider([self._reader])
        exporter = getattr(sdk_logs, "InMemoryLogRecordExporter", None)  # since 1.39
        self._logs = exporter and exporter()
        self.logger_provider = exporter and _logging(self._logs)

    def telemetry(self, **options: Any) -> Telemetry:
        return Telemetry(
            TelemetryOptions(**options),
            tracer_provider=self.tracer_provider,
            meter_provider=self.meter_provider,
            logger_provider=self.logger_provider,
        )

    @property
    def tracer(self) -> Any:
        return self.tracer_provider.get_tracer("the program")

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._spans.get_finished_spans()

    def forget_spans(self) -> None:
        """Have them checked no more."""
        self._spans.clear()

    @property
    def chats(self) -> list[ReadableSpan]:
        return [span for span in self.spans if span.name.startswith("chat ")]

    @property
    def span(self) -> ReadableSpan:
        (span,) = self.chats
        return span

    @property
    def logs(self) -> list[Any]:
        assert self.logger_provider or pytest.skip("this SDK keeps no events in memory")
        return [data.log_record for data in self._logs.get_finished_logs()]

    @property
    def metrics(self) -> dict[str, Any]:
        data = self._reader.get_metrics_data()
        return {
            metric.name: metric
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def points(self, name: str) -> list[Any]:
        metric = self.metrics.get(name)
        return [] if metric is None else list(metric.data.data_points)

    def total(self, name: str) -> float:
        return sum(
            getattr(point, "value", getattr(point, "count", 0)) for point in self.points(name)
        )

    def check(self) -> list[str]:
        """Hold everything of ours against the conventions."""
        found: list[str] = []
        for span in self.spans:
            scope = span.instrumentation_scope
            if scope is not None and scope.name == "chatmodels.otel":
                found += self.conventions.span(span)
        found += self.conventions.metrics(self.metrics)
        for record in self.logs if self.logger_provider else ():
            found += self.conventions.event(record)
        return found


def _logging(exporter: Any) -> LoggerProvider:
    provider = LoggerProvider()
    provider.add_log_record_processor(sdk_logs.SimpleLogRecordProcessor(exporter))
    return provider


@pytest.fixture
def conventions() -> Conventions:
    return Conventions()


@pytest.fixture
def recorder(conventions: Conventions) -> Iterator[Recorder]:
    """An SDK in memory; what it received is held against the conventions when the test is over."""
    recorder = Recorder(conventions)
    yield recorder
    assert recorder.check() == []

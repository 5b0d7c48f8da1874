"""A validator of the conventions, and an SDK whose exporters keep everything in memory."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs import export as sdk_logs
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chatmodels.otel import Telemetry, TelemetryOptions

CONVENTIONS = Path(__file__).parent / "conventions" / "conventions.toml"

LEVELS = ("required", "conditional", "recommended", "opt_in")

TYPES: dict[str, Any] = {
    "string": str,
    "int": int,
    "double": (float, int),
    "boolean": bool,
    "object": dict,
    "any": object,
}

OPEN = ("gen_ai.provider.name", "gen_ai.response.finish_reasons")
"""Attributes whose predefined values are not the only ones."""

INSTRUMENTS = {"histogram": "histogram", "counter": "sum"}


class Conventions:
    """A validator of recorded telemetry against the conventions.

    Each method returns sentences; an empty list means that there is no deviation.

    Attributes:
        knows_version_1_41: Whether the metrics of that version are accepted as well.
    """

    def __init__(self) -> None:
        self.knows_version_1_41 = False
        self.facts = tomllib.loads(CONVENTIONS.read_text("utf-8"))

    def span(self, span: ReadableSpan) -> list[str]:
        attributes = dict(span.attributes or {})
        operation = attributes.get("gen_ai.operation.name")
        if operation is None and (
            span.name.startswith("chatmodels.") or "code.function.name" in attributes
        ):
            return []  # of our own, or of the program's
        if "http.request.method" in attributes:
            operation = "http"
        facts = self.facts["spans"].get(str(operation))
        if facts is None:
            return [f"no operation {operation!r}"]
        found = self._attributes(attributes, self._levels(str(operation), attributes))
        if span.name != _span_name(str(operation), attributes):
            found.append(f"span name {span.name!r}")
        if span.kind.name.lower() != facts["kind"]:
            found.append(f"span kind {span.kind}")
        status = span.status.status_code.name
        if status == "OK":
            found.append("status OK, which is the application's to set")
        if (status == "ERROR") != ("error.type" in attributes):
            found.append(f"status {status} with error.type {attributes.get('error.type')}")
        if ("server.address" in attributes) != ("server.port" in attributes):
            found.append("server.address and server.port belong together")
        scope = span.instrumentation_scope
        schemas = [self.facts["schema_url"]]
        if self.knows_version_1_41:
            schemas.append(self.facts["v1_41"]["schema_url"])
        if scope is None or scope.schema_url not in schemas:
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
            facts = self.facts["metrics"].get(name)
            if facts is None and (facts := self._legacy(name)) is None:
                found.append(f"no metric {name}")
                continue
            if metric.unit != facts["unit"]:
                found.append(f"{name} has unit {metric.unit!r}")
            kind = type(metric.data).__name__.lower()
            if kind != INSTRUMENTS[facts["instrument"]]:
                found.append(f"{name} is a {kind}")
            if kind == "sum" and not metric.data.is_monotonic:
                found.append(f"{name} is not monotonic")
            for point in metric.data.data_points:
                found += self._point(name, facts, point)
        return found

    def event(self, record: Any) -> list[str]:
        facts = self.facts["events"].get(record.event_name)
        if facts is None:
            return [f"no event {record.event_name!r}"]
        attributes = dict(record.attributes or {})
        levels = self._levels("chat", attributes)
        if record.event_name.endswith(".exception"):
            levels = dict.fromkeys(levels, "recommended") | _by_name(facts)
        found = self._attributes(attributes, levels, structured=True)
        if record.severity_number.value != facts["severity"]:
            found.append(f"severity {record.severity_number}")
        return found

    def _levels(self, operation: str, attributes: Mapping[str, Any]) -> dict[str, str]:
        """Return the level of each attribute of a span, those of its provider included."""
        levels = _by_name(self.facts["spans"][operation])
        if operation == "chat":
            provider = str(attributes.get("gen_ai.provider.name"))
            levels |= _by_name(self.facts["providers"].get(provider, {}))
            if self.knows_version_1_41:
                levels |= dict.fromkeys(self.facts["v1_41"]["types"], "recommended")
        # The conventions require it, but most calls have no guardrail.
        levels.pop("aws.bedrock.guardrail.id", None)
        if attributes.get("gen_ai.provider.name") == "aws.bedrock":
            levels["aws.bedrock.guardrail.id"] = "recommended"
        return levels

    def _legacy(self, name: str) -> Any:
        """Return the facts of a metric of version 1.41, if the test expects these names."""
        old = self.facts["metrics_v1_41"].get(name) if self.knows_version_1_41 else None
        return old and {**old, "value": "double", "attributes": "v1_41"}

    def _point(self, name: str, facts: Any, point: Any) -> list[str]:
        names = self.facts["attribute_sets"][facts["attributes"]]
        levels = _by_name(names)
        if point.attributes.get("gen_ai.provider.name") == "openai":
            levels |= dict.fromkeys(names.get("openai", ()), "recommended")
        found = [f"{name}: {each}" for each in self._attributes(dict(point.attributes), levels)]
        if "buckets" in facts and list(point.explicit_bounds) != self._bounds(facts["buckets"]):
            found.append(f"{name} has buckets {point.explicit_bounds}")
        value = getattr(point, "value", getattr(point, "sum", None))
        if facts["value"] == "int" and not isinstance(value, int):
            found.append(f"{name} has the value {value!r}")
        return found

    def _bounds(self, name: str) -> list[float]:
        return self.facts["buckets"][name]

    def _attributes(
        self, attributes: Mapping[str, Any], levels: Mapping[str, str], *, structured: bool = False
    ) -> list[str]:
        found = [
            f"{name} is required"
            for name, level in levels.items()
            if level == "required" and name not in attributes
        ]
        for name, value in attributes.items():
            if name.startswith("chatmodels."):
                continue
            if name.startswith("gen_ai.prompt.variable.") and isinstance(value, str):
                continue
            if name not in levels:
                found.append(f"{name} is not among the attributes")
                continue
            found += self._value(name, value, structured=structured)
        return found

    def _value(self, name: str, value: Any, *, structured: bool) -> list[str]:
        types = self.facts["types"]
        if self.knows_version_1_41:
            types = types | self.facts["v1_41"]["types"]
        kind = types[name]
        if kind == "any":
            if isinstance(value, str) and not structured:
                value = json.loads(value)
            return self._shape(name, _plain(value), self.facts["values"][name])
        values = [value]
        if kind.endswith("[]"):
            if not isinstance(value, tuple | list):
                return [f"{name} is {value!r}"]
            kind, values = kind[:-2], list(value)
        known = self.facts["enums"].get(name)
        found = [f"{name} is {each!r}, not {kind}" for each in values if not _is(each, kind)]
        if known is not None and name not in OPEN:
            found += [f"{name} has no value {each!r}" for each in values if each not in known]
        return found

    def _shape(self, path: str, value: Any, shape: str) -> list[str]:
        """Compare a structured value with a shape of the table."""
        if shape.startswith("list of "):
            if not isinstance(value, list):
                return [f"{path} is no list"]
            inner = shape.removeprefix("list of ")
            return [
                each
                for number, item in enumerate(value)
                for each in self._shape(f"{path}[{number}]", item, inner)
            ]
        variants = self.facts["variants"].get(shape)
        fields = self.facts["objects"].get(shape)
        if variants is None and fields is None:
            return [] if _is(value, shape) else [f"{path} is no {shape}"]
        if not isinstance(value, dict):
            return [f"{path} is no object"]
        if shape == "part" and value.get("type") not in variants:
            return [f"{path} has the type {value.get('type')!r}"]
        if variants is not None:
            fields = {"type": "string"} | variants.get(value.get("type"), {})
        found: list[str] = []
        for name, kind in fields.items():
            if value.get(name) is not None:
                found += self._shape(f"{path}.{name}", value[name], kind.removesuffix("?"))
            elif not kind.endswith("?"):
                found.append(f"{path}.{name} is required")
        return found


def _span_name(operation: str, attributes: Mapping[str, Any]) -> str:
    if operation == "http":
        return str(attributes["http.request.method"])
    if operation == "invoke_agent":
        return " ".join(filter(None, (operation, attributes.get("gen_ai.agent.name"))))
    subject = "gen_ai.request.model" if operation == "chat" else "gen_ai.tool.name"
    return f"{operation} {attributes.get(subject)}"


def _by_name(facts: Mapping[str, Any]) -> dict[str, str]:
    return {name: level for level in LEVELS for name in facts.get(level, ())}


def _is(value: Any, kind: str) -> bool:
    is_flag = isinstance(value, bool) and kind in ("int", "double")
    return isinstance(value, TYPES[kind]) and not is_flag


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return value


class Recorder:
    """An SDK whose exporters keep everything in memory.

    Attributes:
        conventions: The validator that runs at the end of the test.
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
    def requests(self) -> list[ReadableSpan]:
        """The spans of HTTP requests."""
        return [span for span in self.spans if "http.request.method" in (span.attributes or {})]

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

    @property
    def schemas(self) -> set[str | None]:
        """The schemas of the metrics."""
        data = self._reader.get_metrics_data()
        return {
            scope.scope.schema_url
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
        }

    def points(self, name: str) -> list[Any]:
        metric = self.metrics.get(name)
        return [] if metric is None else list(metric.data.data_points)

    def total(self, name: str) -> float:
        return sum(
            getattr(point, "value", getattr(point, "count", 0)) for point in self.points(name)
        )

    def check(self) -> list[str]:
        """Validate all data of chatmodels."""
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
    """An SDK in memory, whose data is validated at the end of the test."""
    recorder = Recorder(conventions)
    yield recorder
    assert recorder.check() == []

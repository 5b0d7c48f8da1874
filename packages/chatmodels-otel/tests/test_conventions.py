"""The validator finds invalid telemetry."""

from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from chatmodels.otel._finish_reason import WORDS
from chatmodels.otel._semconv import PROVIDER_NAMES

URL = "https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev"
GOOD: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "acme",
    "gen_ai.request.model": "m",
}


def span(**changes: Any) -> Any:
    fields = {
        "name": "chat m",
        "kind": SpanKind.CLIENT,
        "status": StatusCode.UNSET,
        "attributes": GOOD,
        "events": (),
        "schema_url": URL,
        **changes,
    }
    return SimpleNamespace(
        name=fields["name"],
        kind=fields["kind"],
        status=SimpleNamespace(status_code=fields["status"]),
        attributes=fields["attributes"],
        events=fields["events"],
        instrumentation_scope=SimpleNamespace(schema_url=fields["schema_url"]),
    )


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({}, None),
        ({"attributes": {}}, "no operation None"),
        ({"attributes": {"code.function.name": "f"}}, None),
        ({"attributes": {}, "name": "chatmodels.create acme"}, None),
        ({"attributes": GOOD | {"openai.api.type": "responses"}}, "not among the attributes"),
        (
            {
                "attributes": GOOD
                | {"openai.api.type": "responses", "gen_ai.provider.name": "openai"}
            },
            None,
        ),
        (
            {
                "attributes": {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": "openai",
                },
                "name": "chat None",
            },
            "gen_ai.request.model is required",
        ),
        ({"attributes": GOOD | {"gen_ai.provider.name": "aws.bedrock"}}, None),
        ({"attributes": GOOD | {"gen_ai.prompt.variable.name": "Ada"}}, None),
        ({"name": "openai.chat"}, "span name 'openai.chat'"),
        ({"kind": SpanKind.INTERNAL}, "span kind"),
        ({"status": StatusCode.OK}, "status OK"),
        ({"status": StatusCode.ERROR}, "status ERROR with error.type None"),
        ({"attributes": GOOD | {"error.type": "x"}}, "status UNSET with error.type x"),
        ({"attributes": GOOD | {"server.address": "a"}}, "belong together"),
        ({"schema_url": ""}, "schema url"),
        ({"events": [SimpleNamespace(name="exception")]}, "events of logs"),
        (
            {"attributes": {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}},
            "gen_ai.provider.name is required",
        ),
        ({"attributes": GOOD | {"gen_ai.colour": "red"}}, "not among the attributes"),
        ({"attributes": GOOD | {"gen_ai.request.top_k": 1.5}}, "not int"),
        ({"attributes": GOOD | {"gen_ai.request.seed": True}}, "not int"),
        ({"attributes": GOOD | {"gen_ai.request.stop_sequences": "x"}}, "stop_sequences is 'x'"),
        ({"attributes": GOOD | {"gen_ai.request.stop_sequences": (1,)}}, "is 1, not string"),
        ({"attributes": GOOD | {"gen_ai.output.type": "poem"}}, "has no value 'poem'"),
        ({"attributes": GOOD | {"gen_ai.input.messages": [[]]}}, "messages[0] is no object"),
        (
            {"attributes": GOOD | {"gen_ai.input.messages": [{"role": "user", "parts": "x"}]}},
            "messages[0].parts is no list",
        ),
        (
            {
                "attributes": GOOD
                | {"gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text"}]}]}
            },
            "messages[0].parts[0].content is required",
        ),
        (
            {
                "attributes": GOOD
                | {"gen_ai.input.messages": [{"role": "user", "parts": [{"type": "poem"}]}]}
            },
            "has the type 'poem'",
        ),
        ({"attributes": GOOD | {"gen_ai.tool.definitions": [{"type": "builtin"}]}}, None),
        ({"attributes": GOOD | {"gen_ai.input.messages": [{"parts": []}]}}, "[0].role is required"),
        ({"attributes": GOOD | {"gen_ai.input.messages": '[{"role": 1}]'}}, "role is no string"),
    ],
)
def test_defects_of_a_span_are_found(conventions, changes, finding) -> None:
    found = conventions.span(span(**changes))

    assert (finding in "; ".join(found)) if finding else not found


def metric(name: str = "gen_ai.client.inference.duration", **changes: Any) -> dict[str, Any]:
    class Histogram:
        data_points: Any = ()
        is_monotonic = False

    class Sum(Histogram):
        pass

    fields = {"unit": "s", "kind": "Histogram", "points": (), **changes}
    data = Histogram() if fields["kind"] == "Histogram" else Sum()
    data.data_points = fields["points"]
    return {name: SimpleNamespace(name=name, unit=fields["unit"], data=data)}


def point(**fields: Any) -> Any:
    return SimpleNamespace(**{"attributes": GOOD, "explicit_bounds": [1.0], **fields})


@pytest.mark.parametrize(
    ("metrics", "finding"),
    [
        (metric("anything"), "in nobody's namespace"),
        (metric("gen_ai.client.token.usage"), "no metric gen_ai.client.token.usage"),
        (metric(unit="ms"), "has unit 'ms'"),
        (metric(kind="Sum"), "is a sum"),
        (
            metric("gen_ai.client.inference.usage.input_tokens", unit="{token}", kind="Sum"),
            "is not monotonic",
        ),
        (metric(points=[point(sum=1.0)]), "has buckets [1.0]"),
        (
            metric(
                "gen_ai.client.inference.operation.input_tokens",
                unit="{token}",
                points=[point(sum=1.5)],
            ),
            "has the value 1.5",
        ),
        (
            metric(points=[point(sum=1.0, attributes=GOOD | {"stream": True})]),
            "stream is not among",
        ),
    ],
)
def test_defects_of_metrics_are_found(conventions, metrics, finding) -> None:
    assert finding in "; ".join(conventions.metrics(metrics))


@pytest.mark.parametrize(
    ("name", "severity", "attributes", "finding"),
    [
        ("gen_ai.choice", 9, {}, "no event 'gen_ai.choice'"),
        ("gen_ai.client.inference.exception", 17, {}, "severity"),
        (
            "gen_ai.client.inference.operation.details",
            5,
            GOOD | {"gen_ai.input.messages": "[]"},
            "messages is no list",
        ),
    ],
)
def test_defects_of_an_event_are_found(conventions, name, severity, attributes, finding) -> None:
    number = SimpleNamespace(value=severity)
    record = SimpleNamespace(event_name=name, attributes=attributes, severity_number=number)

    assert finding in "; ".join(conventions.event(record))


def test_names_of_providers_are_those_of_the_conventions(conventions) -> None:
    assert set(PROVIDER_NAMES.values()) <= set(conventions.facts["enums"]["gen_ai.provider.name"])


def test_finish_reasons_are_those_of_the_conventions(conventions) -> None:
    known = conventions.facts["enums"]["gen_ai.response.finish_reasons"]

    assert set(WORDS.values()) <= {*known, "refusal"}

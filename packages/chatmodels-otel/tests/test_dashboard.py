"""The dashboard asks for metrics that exist, under the names that Prometheus has for them."""

import json
import re
from pathlib import Path

import pytest

from chatmodels.core import ErrorCode, HealthReport, RateLimitError, ToolCall
from chatmodels.otel import execute_tool, instrument
from chatmodels.providers.mock import MockChatModel
from chatmodels.resilience import Retry

DASHBOARD = Path(__file__).parents[3] / "docs" / "grafana" / "chatmodels.json"

SUFFIXES = {"s": "_seconds", "1": "_ratio"}
ATTRIBUTES = {"le", "service_name"}


def prometheus(metric) -> set[str]:
    """Write a metric's names as the collector's exporter does: unit, then what is counted."""
    name = metric.name.replace(".", "_")
    unit = SUFFIXES.get(metric.unit, "")
    match type(metric.data).__name__:
        case "Histogram":
            return {f"{name}{unit}_{part}" for part in ("bucket", "count", "sum")}
        case "Sum" if metric.data.is_monotonic:
            return {f"{name}{unit}_total"}
        case _:
            return {f"{name}{unit}"}


def test_every_query_asks_for_a_metric_and_labels_that_exist(recorder) -> None:
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    telemetry = recorder.telemetry()
    model = MockChatModel(
        responses=[RateLimitError("slow down"), "a b", ErrorCode.AUTHENTICATION],
        policies=[Retry(initial_delay=0)],
    )
    model = instrument(model, telemetry=telemetry)
    model.stream("Hi").collect()
    with pytest.raises(Exception, match="authentication"):
        model.generate("Hi")
    with execute_tool("search", ToolCall("c", "search"), telemetry=telemetry):
        pass
    telemetry.meters.registry.created("mock", 0.1, None)
    telemetry.meters.registry.checked(HealthReport(provider="mock", status="healthy"))
    telemetry.guard.failed("span", ValueError())

    metrics = recorder.metrics.values()
    names = set().union(*(prometheus(metric) for metric in metrics))
    labels = ATTRIBUTES | {
        key.replace(".", "_")
        for metric in metrics
        for point in metric.data.data_points
        for key in point.attributes
    }

    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            query = target["expr"]
            for name in re.findall(r"\b((?:gen_ai|chatmodels)_\w+)\{", query):
                assert name in names, panel["title"]
            asked = re.findall(r"(\w+)(?:=~|!=)", query)
            asked += [
                each.strip()
                for by in re.findall(r"by \(([^)]*)\)", query)
                for each in by.split(",")
            ]
            asked += re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
            assert set(asked) <= labels, panel["title"]

"""The dashboard uses existing metrics, with their names in Prometheus."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest

from chatmodels.core import ErrorCode, HealthReport, RateLimitError, ToolCall
from chatmodels.otel import execute_tool, instrument
from chatmodels.providers.mock import MockChatModel
from chatmodels.resilience import Retry

DASHBOARD = json.loads(
    (Path(__file__).parents[3] / "docs" / "how-to" / "grafana" / "chatmodels.json").read_text(
        "utf-8"
    )
)
PANELS = [pytest.param(panel, id=panel["title"]) for panel in DASHBOARD["panels"]]
VARIABLES = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}

UNITS = {"s": "_seconds", "USD": "_USD"}
RESOURCE_LABELS = {"service_name"}


def prometheus(metric: Any) -> set[str]:
    """Return a metric's names in Prometheus: with its unit, then with its kind.

    "Prometheus and OpenMetrics Compatibility" of OpenTelemetry's specification: units in braces
    are left out, others are appended.
    """
    name = metric.name.replace(".", "_")
    unit = "" if metric.unit.startswith("{") or not metric.unit else UNITS[metric.unit]
    match type(metric.data).__name__:
        case "Histogram":
            return {f"{name}{unit}_{part}" for part in ("bucket", "count", "sum")}
        case "Sum" if metric.data.is_monotonic:
            return {f"{name}{unit}_total"}
        case _:
            return {f"{name}{unit}"}


@pytest.fixture
def series(recorder: Any) -> dict[str, set[str]]:
    """Record all metrics; return the labels of each name in Prometheus."""
    telemetry = recorder.telemetry(cost=lambda response: 0.1)
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
    telemetry.registry.resolved("mock", None)
    telemetry.registry.created("mock", 0.1, None)
    telemetry.registry.checked(HealthReport(provider="mock", status="healthy", latency=0.1))
    telemetry.guard.record_failure("span", ValueError())

    found: dict[str, set[str]] = {}
    for metric in recorder.metrics.values():
        attributes = {key for point in metric.data.data_points for key in point.attributes}
        labels = RESOURCE_LABELS | {key.replace(".", "_") for key in attributes}
        for name in prometheus(metric):
            found[name] = labels | {"le"} if name.endswith("_bucket") else labels
    return found


def parsed(query: str) -> promql_parser.Expr:
    """Parse a query, with a value for each of Grafana's variables."""
    for name in (*VARIABLES, "__rate_interval"):
        query = query.replace(f"${name}", "5m" if name.startswith("__") else ".*")
    assert "$" not in query
    return promql_parser.parse(query)


def selectors(expression: Any) -> Iterator[Any]:
    """Find the selectors in a query."""
    if isinstance(expression, promql_parser.VectorSelector):
        yield expression
    for name in ("expr", "lhs", "rhs", "vector_selector", "param"):
        inner = getattr(expression, name, None)
        if inner is not None:
            yield from selectors(inner)
    for argument in getattr(expression, "args", ()):
        yield from selectors(argument)


def grouped(query: str) -> set[str]:
    return {
        label.strip()
        for labels in re.findall(r"by \(([^)]*)\)", query)
        for label in labels.split(",")
    }


@pytest.mark.parametrize("panel", PANELS)
def test_every_query_uses_an_existing_metric_and_labels(series, panel) -> None:
    assert panel["targets"]
    for target in panel["targets"]:
        chosen = list(selectors(parsed(target["expr"])))
        assert chosen
        for selector in chosen:
            assert selector.name in series
            labels = {matcher.name for matcher in selector.matchers.matchers}
            assert labels | grouped(target["expr"]) <= series[selector.name]
        shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        assert shown <= grouped(target["expr"])


def test_the_share_of_failures_is_shown_while_there_are_none() -> None:
    (panel,) = (each for each in DASHBOARD["panels"] if each["title"] == "Calls that failed")
    share = parsed(panel["targets"][0]["expr"])

    failures = share.lhs.expr  # within parentheses
    assert str(failures.op) == "or"
    assert failures.rhs.func.name == "vector"
    assert failures.rhs.args[0].val == 0


def test_every_variable_has_a_metric_and_a_label_that_exist(series) -> None:
    for variable in VARIABLES.values():
        if variable["type"] == "query":
            queried = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"])
            assert queried[2] in series[queried[1]]


def test_every_metric_of_ours_that_an_operator_watches_is_shown(series) -> None:
    queried = {
        selector.name
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
        for selector in selectors(parsed(target["expr"]))
    }

    def shown(name: str) -> bool:
        return any(other.startswith(name.removesuffix("_sum")) for other in queried)

    histograms = {name for name in series if name.endswith("_sum")}
    counters = {name for name in series if not name.endswith(("_sum", "_count", "_bucket"))}
    assert {name for name in histograms | counters if not shown(name)} == {
        "chatmodels_health_duration_seconds_sum",  # whether it is healthy is shown
        "chatmodels_registry_resolutions_total",  # creations are
        "gen_ai_client_inference_usage_cache_write_input_tokens_total",  # reading from it is
    }


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references)
    for one, other in itertools.combinations([panel["gridPos"] for panel in panels], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below

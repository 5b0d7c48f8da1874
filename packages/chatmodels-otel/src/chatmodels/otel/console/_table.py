"""Formats metrics as a table: counts, and number, mean and extremes of distributions."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from chatmodels.otel.console._waterfall import seconds

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import Metric, MetricsData

_HEADINGS = ("metric", "of", "count", "mean", "min", "max")


def table(data: "MetricsData | None", /) -> str:
    """Format metrics as a table, without values that are 0.

    Args:
        data: The collected data of a reader; None for nothing.
    """
    rows = [_HEADINGS, *_rows(data)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines: list[str] = []
    for row in rows:
        cells = [
            f"{cell:<{width}}" if column < 2 else f"{cell:>{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _rows(data: "MetricsData | None") -> Iterable[tuple[str, ...]]:
    from opentelemetry.sdk.metrics.export import HistogramDataPoint

    if data is None:
        return
    metrics = [
        metric
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    ]
    for metric in sorted(metrics, key=lambda metric: metric.name):
        for point in metric.data.data_points:
            label = _label(point.attributes or {})
            if isinstance(point, HistogramDataPoint):
                numbers = (point.sum / point.count, point.min, point.max) if point.count else ()
                yield (
                    metric.name,
                    label,
                    str(point.count),
                    *(_value(number, metric) for number in numbers or (0, 0, 0)),
                )
            elif (value := getattr(point, "value", 0)) != 0:
                yield metric.name, label, f"{value:g}", "", "", ""


def _label(attributes: Mapping[str, object]) -> str:
    values = [
        str(attributes[name])
        for name in (
            "gen_ai.provider.name",
            "gen_ai.request.model",
            "gen_ai.tool.name",
            "code.function.name",
            "gen_ai.token.modality",
            "error.type",
        )
        if name in attributes
    ]
    return " ".join(values)


def _value(number: float, metric: "Metric") -> str:
    return seconds(number) if metric.unit == "s" else f"{number:g}"

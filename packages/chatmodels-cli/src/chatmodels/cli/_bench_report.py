"""The report of a load: figures, failures, durations, and the comparison with another run."""

from typing import Any

import click

from chatmodels.cli._bench_compare import Change, regressions
from chatmodels.cli._bench_plot import histogram
from chatmodels.cli._bench_run import Stage
from chatmodels.cli._exit_codes import ExitCode
from chatmodels.cli._output import print_json, print_table
from chatmodels.cli._preferences import preferences


def stage_record(stage: Stage, /) -> dict[str, Any]:
    """Return the figures of a stage, for JSON."""
    return {
        "concurrency": stage.concurrency,
        "requests": len(stage.samples),
        "seconds": stage.seconds,
        "errors": stage.errors,
        **stage.figures(),
    }


_SHOWN = {
    "requests_per_second": "requests/s",
    "tokens_per_second": "tokens/s",
    "latency_p50": "p50",
    "latency_p90": "p90",
    "latency_p95": "p95",
    "latency_p99": "p99",
    "latency_max": "max",
    "first_token_p50": "first p50",
    "first_token_p95": "first p95",
}


def print_stages(stages: list[Stage], /) -> None:
    """Print the figures of the stages, their failures, and the distribution of the durations."""
    rows: list[tuple[str, ...]] = []
    for stage in stages:
        known = stage.figures()
        failed = len(stage.samples) - len(stage.succeeded)
        shown = (_shown(name, known[name]) for name in _SHOWN)
        rows.append((str(stage.concurrency), str(len(stage.samples)), str(failed), *shown))
    print_table(("concurrency", "calls", "failed", *_SHOWN.values()), rows)
    for stage in stages:
        for code, number in stage.errors.items():
            click.secho(f"{code}: {number}", fg="red")
        click.echo(f"\nduration of calls at concurrency {stage.concurrency}")
        for line in histogram([sample.seconds for sample in stage.succeeded]):
            click.echo(line)


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return "?"
    return f"{value:.1f}" if name.endswith("per_second") else f"{value:.3f} s"


def report_changes(
    found: list[Change], max_regression: float | None, results: dict[str, Any], /
) -> ExitCode:
    """Print a comparison, as a table or as JSON together with results.

    Args:
        found: The comparison.
        max_regression: The percentage by which a figure may be worse; None for no limit.
        results: Further members of the JSON.
    """
    worse = [] if max_regression is None else regressions(found, max_regression)
    if preferences().json:
        print_json(
            results
            | {
                "changes": [change._asdict() for change in found],
                "regressions": [change._asdict() for change in worse],
            }
        )
        return ExitCode.REGRESSION if worse else ExitCode.OK
    click.echo()
    print_table(
        ("concurrency", "figure", "before", "after", "change"),
        [
            (
                str(change.concurrency),
                change.figure,
                f"{change.before:.3f}",
                f"{change.after:.3f}",
                f"{abs(change.worse):.1f} % {'worse' if change.worse > 0 else 'better'}",
            )
            for change in found
        ],
    )
    for change in worse:
        place = f"{change.figure} at concurrency {change.concurrency}"
        click.secho(f"{place} is {change.worse:.1f} % worse", fg="red", err=True)
    return ExitCode.REGRESSION if worse else ExitCode.OK

"""The command `health`."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import click

from chatmodels.cli._command import define
from chatmodels.cli._completion import complete_provider
from chatmodels.cli._exit_codes import ExitCode
from chatmodels.cli._output import is_terminal, json_line, print_json, print_table
from chatmodels.cli._preferences import json_option, preferences
from chatmodels.cli._providers import has_key
from chatmodels.core import HealthReport, ProviderImportError, check_health, list_providers
from chatmodels.core.extending import provider

_MARKS = {"healthy": "●", "unhealthy": "✗", "unknown": "○"}
_REMEMBERED = 20


@define(
    "health",
    "chatmodels health",
    "chatmodels health openai anthropic --json",
    "chatmodels health ollama --watch 5",
)
@click.argument("names", metavar="[PROVIDER]...", nargs=-1, shell_complete=complete_provider)
@click.option("--all", "everything", is_flag=True, help="Check all installed providers.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=5.0,
    show_default=True,
    help="Time limit of each check in seconds.",
)
@click.option(
    "--watch",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Check again after so many seconds, until Ctrl-C.",
)
@json_option
def command(
    names: tuple[str, ...], everything: bool, timeout: float, watch: float | None
) -> ExitCode:
    """Check providers: their addresses and your keys.

    The cheapest request that verifies both is sent. Without names, the providers whose keys are set
    are checked. The exit code is 1 if one of them is not healthy.
    """
    chosen = list(names) or [name for name in list_providers() if everything or _has_key(name)]
    if not chosen:
        raise click.UsageError("no key is set; pass the names of providers, or --all")
    reports = check_health(chosen, timeout=timeout)
    if watch is not None:
        _watch(chosen, reports, timeout, watch)
    if preferences().json:
        print_json([_record(report) for report in reports.values()])
    else:
        _print(reports.values(), {})
    healthy = all(report.status == "healthy" for report in reports.values())
    return ExitCode.OK if healthy else ExitCode.FAILED


def _has_key(name: str) -> bool:
    try:
        return has_key(provider(name).metadata)
    except ProviderImportError:
        return False


def _watch(
    names: list[str], reports: Mapping[str, HealthReport], timeout: float, pause: float
) -> None:
    """Show reports until Ctrl-C; that of each round is a line if JSON is requested."""
    history: dict[str, str] = {}
    while True:
        for name, report in reports.items():
            history[name] = (history.get(name, "") + _MARKS[report.status])[-_REMEMBERED:]
        if preferences().json:
            at = time.time()
            click.echo(json_line({"at": at, "reports": list(map(_record, reports.values()))}))
        else:
            if is_terminal():
                click.clear()
            _print(reports.values(), history)
        time.sleep(pause)
        reports = check_health(names, timeout=timeout)


def _print(reports: Iterable[HealthReport], history: Mapping[str, str]) -> None:
    columns = ("provider", "status", "latency", "message", *(["history"] if history else []))
    print_table(
        columns,
        [
            (
                report.provider,
                f"{_MARKS[report.status]} {report.status}",
                "" if report.latency is None else f"{report.latency * 1000:.0f} ms",
                report.message,
                *([history[report.provider]] if history else []),
            )
            for report in reports
        ],
    )


def _record(report: HealthReport) -> dict[str, Any]:
    return {
        "provider": report.provider,
        "status": report.status,
        "latency": report.latency,
        "message": report.message,
        "code": report.code,
    }

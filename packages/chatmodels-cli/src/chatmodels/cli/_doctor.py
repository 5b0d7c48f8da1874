"""The command `doctor`: what is installed and configured, and what to do about each problem."""

from collections import Counter
from typing import Any

import click

from chatmodels.cli._command import define
from chatmodels.cli._completion import complete_provider
from chatmodels.cli._doctor_checks import installation_findings, provider_findings
from chatmodels.cli._exit_codes import ExitCode
from chatmodels.cli._finding import Finding
from chatmodels.cli._output import print_json
from chatmodels.cli._preferences import json_option, preferences
from chatmodels.core import list_providers

_STYLES = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}


@define(
    "doctor",
    "chatmodels doctor",
    "chatmodels doctor openai",
    "chatmodels doctor --offline --json",
)
@click.argument("names", metavar="[PROVIDER]...", nargs=-1, shell_complete=complete_provider)
@click.option("--offline", is_flag=True, help="Send no request.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=10.0,
    show_default=True,
    help="Time limit of each request in seconds.",
)
@json_option
def command(names: tuple[str, ...], offline: bool, timeout: float) -> ExitCode:
    """Check installation, configuration and network, with a remedy for each problem.

    Checked are the versions of the packages, the configuration file, the keys (which are not
    shown), proxies and certificates; and for each provider with a key, or each that you name, TLS,
    latency, the clock, and whether the key is accepted. The exit code is 1 if there is a problem.
    """
    findings = installation_findings()
    known = list_providers()
    for name in names or known:
        findings += provider_findings(
            name, online=not offline, chosen=name in names, timeout=timeout
        )
    if preferences().json:
        print_json([_record(finding) for finding in findings])
    else:
        _print(findings)
    problems = any(finding.status == "problem" for finding in findings)
    return ExitCode.FAILED if problems else ExitCode.OK


def _record(finding: Finding) -> dict[str, Any]:
    return {
        "area": finding.area,
        "status": finding.status,
        "fact": finding.fact,
        "remedy": finding.remedy or None,
    }


def _print(findings: list[Finding]) -> None:
    area = ""
    for finding in findings:
        if finding.area != area:
            area = finding.area
            click.secho(area, bold=True)
        mark, color = _STYLES[finding.status]
        click.echo(f"  {click.style(mark, fg=color)} {finding.fact}")
        if finding.remedy:
            click.echo(f"    → {finding.remedy}")
    counts = Counter(finding.status for finding in findings)
    click.echo(f"problems: {counts['problem']}, warnings: {counts['warning']}")

"""Lists in the summary of a run how many exchanges of other folders were read and written."""

from collections import Counter

import pytest

PROPERTY = "conformance"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    sums: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for value in (value for name, value in report.user_properties if name == PROPERTY):
                counted, _, count = str(value).partition("\t")
                sums[counted] += int(count)
    if sums:  # pragma: no branch - a run of other tests has none
        terminalreporter.section("recorded exchanges of other folders")
        for counted in sorted(sums):
            terminalreporter.write_line(f"{sums[counted]:6} {counted}")

"""Runs the newest clients of the vendors with the simulator: `./run sdk-clients [OPTION...]`.

The tests are in `sdk-clients/`. `./run sdk-clients --write` also writes the versions, the numbers
of tests and the date into the page of the simulator, if all tests of all clients have passed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version

import pytest
import workspace

FOLDER = workspace.ROOT / "sdk-clients"
PAGE = workspace.ROOT / "docs" / "reference" / "simulator.md"
BEGIN = "<!-- written by ./run sdk-clients --write -->\n"
CLIENTS = {
    "test_openai": ("openai",),
    "test_anthropic": ("anthropic",),
    "test_google": ("google-genai",),
    "test_mistral": ("mistralai",),
    "test_cohere": ("cohere",),
    "test_bedrock": ("boto3",),
    "test_ollama": ("ollama",),
    "test_groq": ("groq",),
    "test_agents": ("openai-agents",),
    "test_litellm": ("litellm",),
    "test_langchain": ("langchain-openai",),
    "test_pydantic_ai": ("pydantic-ai",),
    "test_ai_sdk": ("ai", "@ai-sdk/openai", "@ai-sdk/anthropic", "@ai-sdk/google"),
}
"""The distributions that each module tests; those of the last one are of npm."""


class Counts:
    """A plugin of pytest that counts the outcomes of each module."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Counter[str]] = {name: Counter() for name in CLIENTS}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        module = report.nodeid.partition("::")[0].rpartition("/")[2].removesuffix(".py")
        if report.when == "call" or report.outcome != "passed":
            outcome = "expected failure" if hasattr(report, "wasxfail") else report.outcome
            self.outcomes[module][outcome] += 1


def main(arguments: list[str]) -> int:
    write = "--write" in arguments
    counts = Counts()
    options = ["-c", str(FOLDER / "pytest.toml"), "--rootdir", str(FOLDER)]
    options += ["-p", "no:cacheprovider"]
    others = [argument for argument in arguments if argument != "--write"]
    status = pytest.main([*options, str(FOLDER), *others], plugins=[counts])
    table = report(counts)
    print(f"\n{table}")
    missing = [name for name, outcomes in counts.outcomes.items() if not outcomes["passed"]]
    if not write or status or missing:
        if write:
            print(f"the page is not written: status {status}, without a passed test: {missing}")
        return int(status)
    head, _, _ = PAGE.read_text("utf-8").partition(BEGIN)
    day = datetime.now(UTC).date().isoformat()
    PAGE.write_text(f"{head}{BEGIN}\nThe last run was on {day}:\n\n{table}\n", "utf-8")
    return 0


def report(counts: Counts) -> str:
    lines = ["| client | passed | other outcomes |", "| --- | --- | --- |"]
    for module, names in CLIENTS.items():
        versions = ", ".join(f"`{name}` {found(name, npm=len(names) > 1)}" for name in names)
        outcomes = counts.outcomes[module]
        others = ", ".join(f"{n} {kind}" for kind, n in outcomes.items() if kind != "passed")
        lines.append(f"| {versions} | {outcomes['passed']} | {others or 'none'} |")
    return "\n".join(lines)


def found(name: str, *, npm: bool) -> str:
    """Return the installed version of a distribution."""
    if not npm:
        return version(name)
    package = FOLDER / "node_modules" / name / "package.json"
    return json.loads(package.read_text("utf-8"))["version"] if package.exists() else "-"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

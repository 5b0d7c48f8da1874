"""Writes the APIs, the rules of strict mode and the faults into `docs/reference/simulator.md`.

With `--print` the page goes to standard output instead: that is what the tests compare.
"""

from __future__ import annotations

import sys

import workspace

from chatmodels.testing import FAULTS, STRICT_RULES
from chatmodels.testing._command import described_options
from chatmodels.testing._protocols.endpoints import ENDPOINTS
from chatmodels.testing._strict.retirement import AS_OF, RETIREMENTS

PAGE = workspace.ROOT / "docs" / "reference" / "simulator.md"
APIS = "<!-- APIs, written by ./run simulator-page -->\n"
OPTIONS = "<!-- options, written by ./run simulator-page -->\n"
WRITTEN_END = "<!-- end -->\n"
BEGIN, END = "<!-- written by ./run simulator-page -->\n", "## Clients\n"
TITLES = {
    "openai.chat": "OpenAI's chat completions",
    "openai.responses": "OpenAI's Responses",
    "anthropic.messages": "Anthropic's Messages",
    "bedrock.converse": "Amazon Bedrock's Converse",
    "cohere.chat_v2": "Cohere's Chat",
    "gemini.generate_content": "Google's generateContent",
    "mistral.chat": "Mistral's chat completions",
    "ollama.chat": "Ollama's API",
}


def page() -> str:
    text = PAGE.read_text("utf-8")
    text = replaced(text, APIS, apis())
    text = replaced(text, OPTIONS, options())
    head, _, rest = text.partition(BEGIN)
    sections = [f"{head}{BEGIN}"]
    for api, rules in STRICT_RULES.items():
        lines = ["| rule | refused | source |", "| --- | --- | --- |"]
        lines += [f"| `{rule.name}` | {rule.description} | {rule.source} |" for rule in rules]
        sections.append(f"### {TITLES[api]}\n\n" + "\n".join(lines) + "\n")
    sections.append(retired_models())
    lines = ["| fault | behaviour |", "| --- | --- |"]
    lines += [f"| `{fault.name}` | {fault.description} |" for fault in FAULTS.values()]
    introduction = (
        "The model `fault-<name>`, or `simulator.queue(FAULTS[name])`, has one of these faults. "
        "[Faults of the\ntransport](faults.md) lists those of the fault server.\n\n"
    )
    sections.append("## Faults\n\n" + introduction + "\n".join(lines) + "\n")
    return "\n".join(sections) + "\n" + END + rest.partition(END)[2]


def retired_models() -> str:
    introduction = (
        f"As of {AS_OF}, strict mode refuses the models below whose date has passed. The date is "
        "fixed, so that a\ntest has the same result on each day. "
        '`Simulator(as_of="2027-01-14")`, or `--as-of`, also refuses those with later\ndates, '
        "which the vendors have announced. Deployments of Azure have names of their own, and are "
        "not refused.\nThe listings of OpenAI, Anthropic and Amazon Bedrock have the dates. "
        "Listings do not contain retired models.\n"
    )
    lines = ["| vendor | from | models |", "| --- | --- | --- |"]
    for each in RETIREMENTS:
        rows = [(date, names, "") for date, names in each.refused.items()]
        rows += [
            (date, names, ": requests are sent to another model, and accepted")
            for date, names in each.replaced.items()
        ]
        for date, names, note in rows:
            listed = ", ".join(f"`{name}`" for name in names.split())
            lines.append(f"| {each.vendor} | {date} | {listed}{note} |")
    sources = "; ".join(f"{each.vendor}, {each.source}" for each in RETIREMENTS)
    table = "\n".join(lines)
    return f"### Retired models\n\n{introduction}\n{table}\n\nSources: {sources}.\n"


def replaced(text: str, begin: str, written: str) -> str:
    head, _, rest = text.partition(begin)
    return f"{head}{begin}\n{written}\n{WRITTEN_END}{rest.partition(WRITTEN_END)[2]}"


def options() -> str:
    lines = ["| option | |", "| --- | --- |"]
    lines += [f"| `{option}` | {description} |" for option, description in described_options()]
    return "\n".join(lines) + "\n"


def apis() -> str:
    lines = ["| API | requests | base URL |", "| --- | --- | --- |"]
    for endpoints in ENDPOINTS:
        requests = ", ".join(f"`{request}`" for request in endpoints.requests)
        lines.append(f"| {endpoints.api} | {requests} | `{endpoints.base_url}` |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), "utf-8")

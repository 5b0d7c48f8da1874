"""Writes the rules of strict mode and the faults into `docs/reference/simulator.md`.

With `--print` the page goes to standard output instead: that is what the tests compare.
"""

from __future__ import annotations

import sys

import workspace

from chatmodels.testing import FAULTS, STRICT_RULES

PAGE = workspace.ROOT / "docs" / "reference" / "simulator.md"
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
    head, _, rest = text.partition(BEGIN)
    sections = [f"{head}{BEGIN}"]
    for api, rules in STRICT_RULES.items():
        lines = ["| rule | refused | source |", "| --- | --- | --- |"]
        lines += [
            f"| `{rule.name}`{'' if rule.default else ' *'} | {rule.description} | {rule.source} |"
            for rule in rules
        ]
        sections.append(f"### {TITLES[api]}\n\n" + "\n".join(lines) + "\n")
    lines = ["| fault | behaviour |", "| --- | --- |"]
    lines += [f"| `{fault.name}` | {fault.description} |" for fault in FAULTS.values()]
    introduction = (
        "The model `fault-<name>`, or `simulator.queue(FAULTS[name])`, has one of these faults. "
        "[Faults of the\ntransport](faults.md) lists those of the fault server.\n\n"
    )
    sections.append("## Faults\n\n" + introduction + "\n".join(lines) + "\n")
    return "\n".join(sections) + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), "utf-8")

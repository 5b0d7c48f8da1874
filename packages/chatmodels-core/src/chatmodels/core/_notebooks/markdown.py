"""Shows values as Markdown in notebooks: the texts of models are Markdown, without its dangers.

HTML and images in a text are escaped: they could run scripts, or report to an address that the
notebook was opened. Code in fences stays as it is.
"""

import re

from chatmodels.core._notebooks.display import display
from chatmodels.core._notebooks.facts import (
    Medium,
    TextBudget,
    medium_facts,
    result_title,
)
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import (
    AudioPart,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)

_OPENING = re.compile(r" {0,3}(`{3,})[^`]*$| {0,3}(~{3,})")
_SCRIPT = re.compile(r"(javascript|vbscript):", re.IGNORECASE)
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+.!|~$>-])")


def markdown(value: object, /) -> str | None:
    """Return a message, a part, a request or a response as Markdown; None for other values."""
    return display(value, _Writer())


class _Writer:
    """Writes one display, within its limits."""

    separator = "\n\n"

    def __init__(self) -> None:
        self._budget = TextBudget()

    def plain(self, text: str) -> str:
        """Return a text that is shown as it is, in one line."""
        line = " ".join(self._budget.take(text).split())
        return _without_html(_SPECIAL.sub(r"\\\1", line))

    def response(self, message: Message, facts: str) -> str:
        # The facts come first, so that a long message does not use up their budget.
        line = self.plain(facts)
        return f"{self.message(message)}\n\n*{line}*"

    def message(self, message: Message) -> str:
        title = self.plain(f"{message.role} ({message.name})" if message.name else message.role)
        return "\n\n".join([f"**{title}**", *map(self.part, message.parts)])

    def part(self, part: Part) -> str:
        match part:
            case TextPart():
                return safe_markdown(self._budget.take(part.text))
            case ReasoningPart():
                return f"*reasoning:* {self.plain(part.text)}"
            case RefusalPart():
                return f"*refusal:* {self.plain(part.text)}"
            case ToolCall():
                return f"*call:* {self.plain(f'{part.name}({part.arguments_json})')}"
            case ToolResult():
                title = self.plain(result_title(part))
                return "\n\n".join([f"*{title}:*", *map(self.part, part.content)])
            case ProviderPart():
                return f"*part of {self.plain(part.signature.format)}*"
            case _:
                return self._medium(part)

    def _medium(self, part: Medium) -> str:
        text = f"*{self.plain(medium_facts(part))}*"
        if part.url is not None:
            text += f" {self.plain(part.url)}"
        if isinstance(part, AudioPart) and part.transcript:
            text += f"\n\n{self.plain(part.transcript)}"
        return text


def safe_markdown(text: str, /) -> str:
    """Escape HTML, images and scripts outside of fenced code, and close a fence left open."""
    lines: list[str] = []
    fence = ""
    for line in text.splitlines():
        if fence:
            # A line that can end the code in some renderer is treated as its end.
            ends = line.strip().startswith(fence[:3])
            lines.append(fence if ends else line)
            fence = "" if ends else fence
        elif opening := _OPENING.match(line):
            fence = opening[1] or opening[2]
            lines.append(fence + _language(line))
        else:
            lines.append(_SCRIPT.sub("\\1\u200b:", _without_html(line).replace("![", "!\\[")))
    return "\n".join([*lines, fence] if fence else lines)


def _language(line: str) -> str:
    word = re.match(r"[\w+#-]*", line.strip(" `~"))
    return "" if word is None else word[0]


def _without_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")

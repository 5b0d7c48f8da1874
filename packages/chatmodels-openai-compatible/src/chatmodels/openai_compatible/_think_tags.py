"""Splits reasoning in tags from the text after it.

Servers without a parser for reasoning put it at the beginning of the text, as
`<think>...</think>`. The tags can be cut at any place of a stream.
"""

from typing import Literal

_BEGIN, _END = "<think>", "</think>"


class ThinkTagSplitter:
    """Splits the text of one response, whole or chunk by chunk."""

    __slots__ = ("_held", "_place")

    def __init__(self) -> None:
        self._held = ""
        self._place: Literal["begin", "reasoning", "gap", "text"] = "begin"

    def feed(self, chunk: str) -> tuple[str, str]:
        """Return the reasoning and the text that a chunk completes."""
        if self._place == "text":
            return "", chunk
        held = self._held + chunk
        self._held = reasoning = ""
        if self._place == "begin":
            stripped = held.lstrip()
            if len(stripped) < len(_BEGIN) and _BEGIN.startswith(stripped):
                self._held = held
                return "", ""
            if not stripped.startswith(_BEGIN):
                self._place = "text"
                return "", held
            self._place, held = "reasoning", stripped.removeprefix(_BEGIN)
        if self._place == "reasoning":
            reasoning, end, held = held.partition(_END)
            if not end:
                whole = len(reasoning) - _possible_beginning(reasoning)
                self._held = reasoning[whole:]
                return reasoning[:whole], ""
            self._place = "gap"
        # White space between the two belongs to neither.
        held = held.lstrip()
        if held:
            self._place = "text"
        return reasoning, held

    def finish(self) -> tuple[str, str]:
        """Return the rest: text that could have stripped a tag."""
        held, self._held = self._held, ""
        return (held, "") if self._place == "reasoning" else ("", held)


def _possible_beginning(text: str) -> int:
    """Return the length of the longest end of a text with which the closing tag can begin."""
    lengths = range(min(len(_END) - 1, len(text)), 0, -1)
    return next((length for length in lengths if _END.startswith(text[-length:])), 0)

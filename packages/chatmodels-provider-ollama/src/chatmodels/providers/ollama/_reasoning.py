"""Separation of reasoning from text, for models that write both into one field.

Servers before May 2025, and models with a template that is unknown to the server, send reasoning
as `<think>...</think>` at the start of the text.
"""

from typing import Literal, NamedTuple

_OPEN = "<think>"
_CLOSE = "</think>"


class SplitText(NamedTuple):
    """The reasoning and the text of a chunk."""

    reasoning: str = ""
    text: str = ""


class ThinkSplitter:
    """Incremental splitter that is fed chunks and holds back possible starts of a tag.

    White space around the reasoning is removed. Tags elsewhere are text, because a model can write
    about them.
    """

    __slots__ = ("_buffer", "_state")

    def __init__(self) -> None:
        self._buffer = ""
        self._state: Literal["start", "opened", "reasoning", "closed", "text"] = "start"

    def feed(self, chunk: str) -> SplitText:
        """Process a chunk and return the text that is certain."""
        if self._state == "text":
            return SplitText(text=chunk)
        text, self._buffer = self._buffer + chunk, ""
        if self._state == "start":
            start = text.lstrip()
            if start.startswith(_OPEN):
                self._state, text = "opened", start[len(_OPEN) :]
            elif _OPEN.startswith(start):
                self._buffer = text
                return SplitText()
            else:
                self._state = "text"
                return SplitText(text=text)
        if self._state == "closed":
            return self._after(text)
        return self._inside(text)

    def close(self) -> SplitText:
        """Return the text that was held back: it was not a tag."""
        rest, self._buffer = self._buffer, ""
        return SplitText(text=rest) if self._state == "start" else SplitText(reasoning=rest)

    def _inside(self, text: str) -> SplitText:
        if self._state == "opened":
            text = text.lstrip()
        reasoning, closing_tag, rest = text.partition(_CLOSE)
        if closing_tag:
            self._state = "closed"
            return SplitText(reasoning, self._after(rest).text)
        certain = len(text) - _overlap(text)
        self._buffer = text[certain:]
        if certain:
            self._state = "reasoning"
        return SplitText(reasoning=text[:certain])

    def _after(self, text: str) -> SplitText:
        text = text.lstrip()
        if text:
            self._state = "text"
        return SplitText(text=text)


def _overlap(text: str) -> int:
    """Count the characters at the end that can be the start of the closing tag."""
    longest = min(len(text), len(_CLOSE) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(_CLOSE[:size])), 0)

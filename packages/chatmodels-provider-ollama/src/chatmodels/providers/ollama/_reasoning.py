"""Parts thoughts from text, where a model writes both into one.

Servers before May 2025, and models whose template the server does not know, give thoughts as
`<think>...</think>` at the beginning of the text.
"""

from typing import Literal, NamedTuple

_OPEN = "<think>"
_CLOSE = "</think>"


class Said(NamedTuple):
    """What came of a piece of text."""

    thought: str = ""
    text: str = ""


class ThinkSplitter:
    """Is fed a text in pieces, and holds back what may be the beginning of a tag.

    White space before and after the thoughts is left out. Tags elsewhere are text: a model may
    write about them.
    """

    __slots__ = ("_held", "_place")

    def __init__(self) -> None:
        self._held = ""
        self._place: Literal["before", "opened", "thought", "closed", "text"] = "before"

    def feed(self, piece: str) -> Said:
        """Take a piece in and give what is certain."""
        if self._place == "text":
            return Said(text=piece)
        text, self._held = self._held + piece, ""
        if self._place == "before":
            start = text.lstrip()
            if start.startswith(_OPEN):
                self._place, text = "opened", start[len(_OPEN) :]
            elif _OPEN.startswith(start):
                self._held = text
                return Said()
            else:
                self._place = "text"
                return Said(text=text)
        if self._place == "closed":
            return self._after(text)
        return self._think(text)

    def close(self) -> Said:
        """Give what was held back: it was no tag."""
        held, self._held = self._held, ""
        return Said(text=held) if self._place == "before" else Said(thought=held)

    def _think(self, text: str) -> Said:
        if self._place == "opened":
            text = text.lstrip()
        thought, closed, rest = text.partition(_CLOSE)
        if closed:
            self._place = "closed"
            return Said(thought, self._after(rest).text)
        kept = len(text) - _overlap(text)
        self._held = text[kept:]
        if kept:
            self._place = "thought"
        return Said(thought=text[:kept])

    def _after(self, text: str) -> Said:
        text = text.lstrip()
        if text:
            self._place = "text"
        return Said(text=text)


def _overlap(text: str) -> int:
    """Tell how many characters at the end may be the beginning of the closing tag."""
    longest = min(len(text), len(_CLOSE) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(_CLOSE[:size])), 0)

"""Where texts are cut for a stream: before words, as models' tokens mostly are."""

import re

_PIECE = re.compile(r"\s*\S{1,12}|\s+")


def pieces(text: str, /) -> list[str]:
    """Cut a text into words, long ones into parts of 12 characters; joined they are the text."""
    return _PIECE.findall(text)

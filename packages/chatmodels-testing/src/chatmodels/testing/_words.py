"""Splitting of texts for streams: before words, like most tokens of models."""

import re

_WORD = re.compile(r"\s*\S{1,12}|\s+")


def split_words(text: str, /) -> list[str]:
    """Split a text into words with white space, and long words into 12 characters each."""
    return _WORD.findall(text)

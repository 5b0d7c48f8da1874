"""Replaces escapes of lone UTF-16 surrogates in JSON text, which JSON permits."""

import re

_ESCAPE = re.compile(
    r"(\\u[dD][89abAB]..\\u[dD][c-fC-F]..)"  # a pair, which is a character
    r"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"  # a lone surrogate
    r"|(\\.)",
    re.DOTALL,
)


def replace_lone_surrogates(text: str) -> str:
    """Replace each lone surrogate in JSON text by U+FFFD, the replacement character."""
    return _ESCAPE.sub(_replacement, text)


def _replacement(match: re.Match[str]) -> str:
    return match[1] or match[2] or "\ufffd"

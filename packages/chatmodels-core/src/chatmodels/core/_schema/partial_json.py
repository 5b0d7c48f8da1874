"""Reads JSON that is still being written: the part of the value that is already certain."""

import re
from typing import Any

import msgspec

from chatmodels.core._values.lone_surrogates import replace_lone_surrogates
from chatmodels.core._values.parts import Json

_TOKEN = re.compile(
    r"[ \t\r\n]*+(?:"
    r"(?P<open>[{\[])|(?P<close>[}\]])|(?P<comma>,)|(?P<colon>:)"
    r'|(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")'
    # More digits can follow a number, but not what ends it.
    r"|(?P<scalar>true|false|null|-?[0-9][0-9.eE+-]*+(?=[,}\] \t\r\n]))"
    r")",
    re.DOTALL,
)

# The beginning of a string, without half an escape: the first escape of a surrogate pair counts
# if the second one, or something else, follows.
_OPEN_STRING = re.compile(
    r'[ \t\r\n]*+"(?:'
    r"[^\"\\]++"
    r'|\\["\\/bfnrt]'
    r"|\\u(?![dD][89abAB])[0-9a-fA-F]{4}"
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}"
    r"(?:\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?=[^\\]|\\[^u]|\\u[0-9a-fA-F]{4}))"
    r")*+"
)

_CLOSERS = {"{": "}", "[": "]"}


def partial_json(text: str, /) -> Json:
    """Parse the beginning of a JSON object or array.

    Later text only adds to the value: it appends items, members and characters of strings.
    Numbers appear when they are complete, and members with their values.

    Args:
        text: The beginning; the text after the value does not matter.

    Returns:
        The value as plain data; None if nothing is certain, or the text is not JSON.
    """
    closed = _closed(text)
    try:
        return _decoded(closed)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _decoded(text: str) -> Json:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return msgspec.json.decode(replace_lone_surrogates(text))


def _closed(text: str) -> str:
    """Return the certain part of the text, with its strings, arrays and objects closed."""
    closers: list[str] = []
    expects_key = False
    position = end = 0
    while (token := _TOKEN.match(text, position)) is not None:
        kind = token.lastgroup
        if not closers and kind != "open":
            break
        position = token.end()
        if kind == "open":
            bracket: Any = token["open"]
            closers.append(_CLOSERS[bracket])
            expects_key = bracket == "{"
        elif kind == "close":
            closers.pop()
            expects_key = False
        elif kind == "comma":
            expects_key = closers[-1] == "}"
            continue
        elif kind == "colon":
            expects_key = False
            continue
        elif expects_key:
            continue
        end = position
        if not closers:
            return text[:end]
    if closers and not expects_key and (string := _OPEN_STRING.match(text, position)) is not None:
        return f'{text[: string.end()]}"{"".join(reversed(closers))}'
    return text[:end] + "".join(reversed(closers))

"""The text of models without the control characters that command a terminal."""

import re

_CONTROLS = re.compile(
    r"""
    (?:\x1b\[|\x9b) [0-?]* [ -/]* [@-~]                          # CSI: colours, cursor, screen
    | (?:\x1b[PX\]^_]|[\x90\x98\x9d-\x9f]) [^\x07\x1b\x80-\x9f]* (?:\x07|\x1b\\|\x9c)  # OSC, DCS
    | \x1b [ -/]+ [0-~]                                          # character sets
    | [\x00-\x08\x0b-\x1f\x7f-\x9f]                            # all others, except tab and newline
    """,
    re.VERBOSE,
)


def printable(text: str, /) -> str:
    """Return a text without control characters and escape sequences, except tab and newline.

    Of a sequence that is not complete, only the control character is removed: the rest is text.
    """
    return _CONTROLS.sub("", text)

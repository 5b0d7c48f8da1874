r"""Rewrites regular expressions for the grammars of llama.cpp.

The server requires both anchors and knows no class such as "\d", and its "." matches a quotation
mark, which ends the text. It ignores a pattern that it does not know.
"""

import re

_UNSAFE = r'"\\\x00-\x1F'
"""The characters that need an escape in JSON, as the inside of a class."""

_ANY = f"[^{_UNSAFE}]"
_SPECIAL = "^$.[]()|{}*+?"
"""The characters that the server accepts after a backslash."""

_CLASSES = {r"\d": "0-9", r"\w": "a-zA-Z0-9_", r"\s": " "}
_SYMBOL = re.compile(
    r"(?P<escape>\\.)|(?P<group>\(\?:)|(?P<open>\[\^?)|(?P<repeat>[*+?]|\{[\d,]+\})|(?P<other>.)",
    re.DOTALL,
)


def grammar_pattern(pattern: str) -> str | None:
    r"""Rewrite a pattern for the server; every text that it matches, the original matches too.

    A pattern of JSON Schema matches anywhere in a text. `\s` becomes a space.

    Returns:
        The pattern; None if the server cannot enforce it.
    """
    begin = pattern.startswith("^")
    end = re.search(r"(?<!\\)(\\\\)*\$$", pattern) is not None
    body = pattern[begin : len(pattern) - end]
    written: list[str] = []
    depth, place, last = 0, 0, ""
    while place < len(body):
        found = _SYMBOL.match(body, place)
        assert found is not None, "each character is one"
        kind, symbol = found.lastgroup, found[0]
        place = found.end()
        if kind == "escape":
            text = _escaped(symbol)
        elif kind == "open":
            text, place = _class(body, place, negated=symbol == "[^")
        elif kind == "repeat":
            text = None if last in {"", "repeat"} else symbol  # a lazy quantifier
        elif symbol == ".":
            text = _ANY
        else:
            depth += (symbol in {"(", "(?:"}) - (symbol == ")")
            lookaround = symbol == "(" and body[place : place + 1] == "?"
            choice = symbol == "|" and depth == 0 and (begin or end)
            text = None if symbol in '^$"\\]' or lookaround or choice else symbol.rstrip("?:")
        if text is None:
            return None
        written.append(text)
        last = kind or ""
    text = "".join(written)
    if not (begin or end):
        text = f"({text})"
    return f"^{'' if begin else _ANY + '*'}{text}{'' if end else _ANY + '*'}$"


def _escaped(symbol: str) -> str | None:
    if symbol in _CLASSES:
        return f"[{_CLASSES[symbol]}]"
    if symbol[1].isalnum() or symbol[1] in '"\\':
        return None
    return symbol if symbol[1] in _SPECIAL else symbol[1]


def _class(body: str, place: int, *, negated: bool) -> tuple[str | None, int]:
    """Rewrite a class of characters, and return the place after it."""
    found = re.compile(r"((?:\\.|[^\]\\])+)\]", re.DOTALL).match(body, place)
    if found is None:
        return None, len(body)
    inside = re.sub(r"\\([^a-zA-Z0-9\[\]^\"\\-])", r"\1", found[1])
    inside = re.sub(r"\\[dws]", lambda name: _CLASSES[name[0]], inside)
    if re.search(r'\\[a-zA-Z0-9^"\\]|"', inside):
        return None, found.end()
    return f"[^{_UNSAFE}{inside}]" if negated else f"[{inside}]", found.end()

"""Parses docstrings into a description and the descriptions of arguments or attributes."""

import contextlib
import inspect

from chatmodels.core._values.parts import FrozenValue

_STYLES = ("REST", "GOOGLE", "NUMPYDOC", "EPYDOC")
_ATTRIBUTE_FIELDS = frozenset({"attribute", "cvar", "ivar", "param", "parameter", "var"})


class Documentation(FrozenValue, frozen=True):
    """A parsed docstring.

    Attributes:
        description: The text, without the sections about arguments, results and errors.
        arguments: The description of each argument or attribute, by name.
    """

    description: str
    arguments: dict[str, str]


def documentation(docstring: str | None, /) -> Documentation:
    """Parse a docstring in Google, NumPy, Sphinx or Epydoc style."""
    text = inspect.cleandoc(docstring or "").strip()
    if "\n" not in text and not text.startswith((":", "@")):
        return Documentation(text, {})
    # Imported here: it takes milliseconds, and most programs do not parse docstrings.
    import docstring_parser

    readings: list[docstring_parser.Docstring] = []
    for style in _STYLES:
        # A parser can reject text in another style, and Sphinx's parser fails on ": :a".
        with contextlib.suppress(docstring_parser.ParseError, IndexError):
            readings.append(docstring_parser.parse(text, docstring_parser.DocstringStyle[style]))
    parsed = max(readings, key=lambda reading: len(reading.meta))  # NumPy's parser accepts any text
    arguments: dict[str, str] = {}
    for section in parsed.meta:
        if len(section.args) > 1 and section.args[0] in _ATTRIBUTE_FIELDS | {"other_param"}:
            # NumPy's style describes several arguments at once: "x, y : int". Sphinx's has the
            # type before the name, and the parser separates them only for `param`.
            names = getattr(section, "arg_name", section.args[-1])
            for name in names.split(","):
                if section.description:
                    arguments[name.strip(" *")] = section.description.strip()
    return Documentation((parsed.description or "").strip(), arguments)

"""What a docstring says of a function or a class, and of each of its arguments or attributes."""

import contextlib
import inspect

from chatmodels.core._values.parts import FrozenValue

_STYLES = ("REST", "GOOGLE", "NUMPYDOC", "EPYDOC")
_ATTRIBUTE_FIELDS = frozenset({"attribute", "cvar", "ivar", "param", "parameter", "var"})


class Documentation(FrozenValue, frozen=True):
    """A docstring, taken apart.

    Attributes:
        description: The text, without the sections about arguments, results and errors.
        arguments: What is said of each argument or attribute, by its name.
    """

    description: str
    arguments: dict[str, str]


def documentation(docstring: str | None, /) -> Documentation:
    """Take a docstring apart; the Google, NumPy, Sphinx and Epydoc styles are understood."""
    text = inspect.cleandoc(docstring or "").strip()
    if "\n" not in text and not text.startswith((":", "@")):
        return Documentation(text, {})
    # Imported here: it costs milliseconds, and most programs have no docstring taken apart.
    import docstring_parser

    readings: list[docstring_parser.Docstring] = []
    for style in _STYLES:
        # Text that is of another style may be refused, and Sphinx's parser stumbles over ": :a".
        with contextlib.suppress(docstring_parser.ParseError, IndexError):
            readings.append(docstring_parser.parse(text, docstring_parser.DocstringStyle[style]))
    parsed = max(readings, key=lambda reading: len(reading.meta))  # NumPy's refuses nothing
    arguments: dict[str, str] = {}
    for section in parsed.meta:
        if len(section.args) > 1 and section.args[0] in _ATTRIBUTE_FIELDS | {"other_param"}:
            # NumPy's style tells of several arguments at once: "x, y : int". Sphinx's has the
            # type before the name, and the parser keeps only `param` apart from it.
            names = getattr(section, "arg_name", section.args[-1])
            for name in names.split(","):
                if section.description:
                    arguments[name.strip(" *")] = section.description.strip()
    return Documentation((parsed.description or "").strip(), arguments)

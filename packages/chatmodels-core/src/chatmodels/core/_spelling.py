"""The spelling of names: well-formed provider names and the nearest match of a typo."""

from collections.abc import Iterable


def is_provider_name(name: str, /) -> bool:
    """Report whether a provider name is valid: lower-case words and digits, joined by - or _."""
    words = name.replace("_", "-").split("-")
    return name.isascii() and name == name.lower() and all(word.isalnum() for word in words)


def nearest(name: str, names: Iterable[str], /) -> str | None:
    """Find the nearest name to a misspelled one; None if none is similar."""
    import difflib

    by_lower_case = {candidate.lower(): candidate for candidate in names}
    matches = difflib.get_close_matches(name.lower(), by_lower_case, n=1)
    return by_lower_case[matches[0]] if matches else None


def hint(name: str, names: Iterable[str], /) -> str:
    """Suggest the nearest name, as "did you mean ...?"; empty if there is none."""
    near = nearest(name, names)
    return f"did you mean {near!r}?" if near else ""


def listing(names: Iterable[str], /) -> str:
    """List names in alphabetical order; "none" if there are none."""
    return ", ".join(sorted(names)) or "none"

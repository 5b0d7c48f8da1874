"""Names as people type them: which are well-formed, and which one was probably meant."""

from collections.abc import Iterable


def is_provider_name(name: str, /) -> bool:
    """Tell whether a provider may be called so: lower-case words and digits, joined by - or _."""
    words = name.replace("_", "-").split("-")
    return name.isascii() and name == name.lower() and all(word.isalnum() for word in words)


def nearest(name: str, names: Iterable[str], /) -> str | None:
    """Find the name that was probably meant; None if no name comes near."""
    import difflib

    known = {each.lower(): each for each in names}
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return known[near[0]] if near else None


def hint(name: str, names: Iterable[str], /) -> str:
    """Put the nearest name as a question; empty if there is none."""
    near = nearest(name, names)
    return f"did you mean {near!r}?" if near else ""


def listing(names: Iterable[str], /) -> str:
    """Write names in alphabetical order; "none" for none."""
    return ", ".join(sorted(names)) or "none"

"""Collects the problems of many exchanges, so that one failure lists all of them."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Problems:
    """Problems by the name of the exchange."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {}
        self._last: Exception | None = None

    @contextmanager
    def about(self, name: str) -> Iterator[list[str]]:
        """Collect the problems of one exchange; an exception that escapes is one of them."""
        found: list[str] = []
        try:
            yield found
        except Exception as error:
            found.append(_raised(error))
            self._last = error
        if found:
            self._found[name] = found

    def require_none(self) -> None:
        """Fail with a list of all problems, if there are any.

        Raises:
            AssertionError: There are problems. pytest shows the whole message.
        """
        if self._found:
            lines = [f"{len(self._found)} with problems:"]
            for name, wrong in self._found.items():
                lines += [name, *(f"    {problem}" for problem in wrong)]
            raise AssertionError("\n".join(lines)) from self._last


def _raised(error: Exception) -> str:
    places = traceback.extract_tb(error.__traceback__)[:-4:-1]
    ways = " < ".join(f"{Path(place.filename).name}:{place.lineno}" for place in places)
    return f"raised {type(error).__name__}: {error} (at {ways})"

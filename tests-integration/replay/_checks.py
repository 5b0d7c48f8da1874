"""What the tests of a wire format are made of: many small checks that list what is wrong."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol


class Check(Protocol):
    """Something to be tested."""

    def run(self) -> None:
        """Test it.

        Raises:
            AssertionError: It is not so; the message lists all that is wrong.
        """
        ...


class AsyncCheck(Check, Protocol):
    """Something to be tested in both worlds."""

    async def arun(self) -> None:
        """Test it, awaited.

        Raises:
            AssertionError: It is not so; the message lists all that is wrong.
        """
        ...


class Problems:
    """What is wrong, by the name of the exchange."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {}
        self._last: Exception | None = None

    @contextmanager
    def about(self, name: str) -> Iterator[list[str]]:
        """Collect what is wrong with one exchange; an error that escapes is a problem too."""
        found: list[str] = []
        try:
            yield found
        except Exception as error:
            found.append(_raised(error))
            self._last = error
        if found:
            self._found[name] = found

    def require_none(self) -> None:
        """Fail if there are any, and list all of them in full, which pytest would shorten."""
        if self._found:
            lines = [f"{len(self._found)} with problems:"]
            for name, wrong in self._found.items():
                lines += [name, *(f"    {problem}" for problem in wrong)]
            raise AssertionError("\n".join(lines)) from self._last


def _raised(error: Exception) -> str:
    places = traceback.extract_tb(error.__traceback__)[:-4:-1]
    ways = " < ".join(f"{Path(place.filename).name}:{place.lineno}" for place in places)
    return f"raised {type(error).__name__}: {error} (at {ways})"

"""Arguments of a call that come as values for JSON paths ("Streaming function call arguments")."""

import re
from itertools import pairwise
from typing import Any

import msgspec

from chatmodels.http.wire import Json, is_list
from chatmodels.providers.google._wire import WirePartialArgument

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")


class PartialArguments:
    """The arguments of one call while they are written.

    Args:
        begun: What was there from the beginning.
    """

    __slots__ = ("_given", "_ordered", "_path", "_pieces", "_place", "_root")

    def __init__(self, begun: dict[str, Json]) -> None:
        self._root = begun
        self._given = ""
        self._ordered = True
        # of the text that is being written, whose pieces need not be joined for each of them
        self._path = ""
        self._pieces: list[str] = []
        self._place: tuple[Any, str | int] = (begun, "")

    def begin(self) -> str:
        """Give the JSON of what was there from the beginning."""
        return self._more(1) if self._root else ""

    def add(self, told: WirePartialArgument) -> str:
        """Take a value in, or some more of a text; give the JSON that it adds.

        Raises:
            ValueError: The path does not fit what was there before.
        """
        path, text = told.json_path, told.string_value
        if text is not None and path == self._path:
            self._pieces.append(text)
            return self._give(msgspec.json.encode(text).decode()[1:-1])
        self._settle()
        value = told.bool_value if told.number_value is None else told.number_value
        steps = _steps(path)
        at: Any = self._root
        for step, following in pairwise(steps):
            at = _entered(at, step, path, following)
        place = _set(at, steps[-1], value if text is None else text, path)
        if text is not None:
            self._path, self._pieces, self._place = path, [text], (at, place)
        # What closes what is still open may yet come later: the objects, the arrays, the text.
        return self._more(len(steps) + (text is not None))

    def end(self) -> tuple[str, str]:
        """Give all of the JSON, and what of it has not been given yet."""
        self._settle()
        more = self._more(0)
        return msgspec.json.encode(self._root).decode(), more

    def _settle(self) -> None:
        """Put the whole text in its place."""
        if self._path:
            at, step = self._place
            at[step] = "".join(self._pieces)
            self._path = ""

    def _more(self, closing: int) -> str:
        text = msgspec.json.encode(self._root).decode()
        text = text[: len(text) - closing]
        # Values that come in another order are told whole.
        self._ordered = self._ordered and text.startswith(self._given)
        return self._give(text[len(self._given) :])

    def _give(self, more: str) -> str:
        if not self._ordered:
            return ""
        self._given += more
        return more


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    position = 1
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            break
        name, number, quoted, double = found.groups()
        steps.append(int(number) if number else name or quoted or double or "")
        position = found.end()
    if not steps or not path.startswith("$") or position != len(path) or len(steps) > _DEEPEST:
        raise ValueError(f"{path[:80]!r} is no path of arguments")
    return steps


def _entered(at: Any, step: str | int, path: str, following: str | int) -> Any:
    try:
        return at[step]
    except (KeyError, IndexError):
        value: Json = [] if isinstance(following, int) else {}
        _set(at, step, value, path)
        return value
    except TypeError:
        raise _misfit(path) from None


def _set(at: Any, step: str | int, value: Json, path: str) -> str | int:
    """Put a value in and tell where, which is the end of an array for what is beyond it."""
    if is_list(at) and isinstance(step, int):
        step = min(step, len(at))
        at[step : step + 1] = [value]
    elif isinstance(at, dict) and isinstance(step, str):
        at[step] = value
    else:
        raise _misfit(path)
    return step


def _misfit(path: str) -> ValueError:
    return ValueError(f"{path[:80]!r} does not fit the arguments before it")


_DEEPEST = 100

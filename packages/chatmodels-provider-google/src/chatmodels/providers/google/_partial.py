"""Arguments of a call that come as values for JSON paths ("Streaming function call arguments")."""

import re
from itertools import pairwise
from typing import Any

from chatmodels.http.wire import Json, is_list
from chatmodels.providers.google._wire import WirePartialArgument

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")


class PartialArguments:
    """The arguments of one call while they are written."""

    __slots__ = ("_path", "_pieces", "_root")

    def __init__(self, begun: dict[str, Json]) -> None:
        self._root: dict[str, Json] = begun
        self._path = ""  # of the text that is being written
        self._pieces: list[str] = []

    def add(self, told: WirePartialArgument) -> None:
        """Take a value in, or some more of a text.

        Raises:
            ValueError: The path does not fit what was there before.
        """
        if told.string_value is None:
            number = told.number_value
            self._put(told.json_path, told.bool_value if number is None else number)
            return
        if told.json_path != self._path:
            self._path, self._pieces = told.json_path, []
        self._pieces.append(told.string_value)
        self._put(self._path, "".join(self._pieces))

    def whole(self) -> dict[str, Json]:
        """Give all that came."""
        return self._root

    def _put(self, path: str, value: Json) -> None:
        steps = _steps(path)
        at: Any = self._root
        for step, following in pairwise(steps):
            at = _entered(at, step, path, following)
        _set(at, steps[-1], value, path)


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


def _set(at: Any, step: str | int, value: Json, path: str) -> None:
    if is_list(at) and isinstance(step, int):
        if step < len(at):
            at[step] = value
        else:
            at.append(value)
    elif isinstance(at, dict) and isinstance(step, str):
        at[step] = value
    else:
        raise _misfit(path)


def _misfit(path: str) -> ValueError:
    return ValueError(f"{path[:80]!r} does not fit the arguments before it")


_DEEPEST = 100

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

    __slots__ = ("_given", "_path", "_pieces", "_root")

    def __init__(self, begun: dict[str, Json]) -> None:
        self._root = begun
        self._given = ""
        self._path = ""  # of the text that is being written
        self._pieces: list[str] = []

    def begin(self) -> str:
        """Give the JSON of what was there from the beginning."""
        return self._more(1) if self._root else ""

    def add(self, told: WirePartialArgument) -> str:
        """Take a value in, or some more of a text; give the JSON that it adds.

        Raises:
            ValueError: The path does not fit what was there before.
        """
        path, value = told.json_path, told.string_value
        if value is None:
            value = told.bool_value if told.number_value is None else told.number_value
        else:
            if path != self._path:
                self._path, self._pieces = path, []
            self._pieces.append(value)
            value = "".join(self._pieces)
        steps = _steps(path)
        at: Any = self._root
        for step, following in pairwise(steps):
            at = _entered(at, step, path, following)
        _set(at, steps[-1], value, path)
        # What closes what is still open may yet come later: the objects, the arrays, the text.
        return self._more(len(steps) + isinstance(value, str))

    def end(self) -> tuple[str, str]:
        """Give all of the JSON, and what of it has not been given yet."""
        more = self._more(0)
        return msgspec.json.encode(self._root).decode(), more

    def _more(self, closing: int) -> str:
        text = msgspec.json.encode(self._root).decode()
        text = text[: len(text) - closing]
        if not text.startswith(self._given):  # values that come in another order are told whole
            return ""
        more, self._given = text[len(self._given) :], text
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

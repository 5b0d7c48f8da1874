"""Call arguments streamed as values for JSON paths ("Streaming function call arguments")."""

import re
from itertools import pairwise
from typing import Any

import msgspec

from chatmodels.http.wire import Json, is_list
from chatmodels.providers.google._wire import WirePartialArgument

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")


class PartialArguments:
    """The arguments of one call while they are streamed.

    Args:
        initial: The arguments in the first chunk.
    """

    __slots__ = ("_chunks", "_emitted", "_ordered", "_path", "_root", "_target")

    def __init__(self, initial: dict[str, Json]) -> None:
        self._root = initial
        self._emitted = ""
        self._ordered = True
        # of the current text, whose chunks are joined only once
        self._path = ""
        self._chunks: list[str] = []
        self._target: tuple[Any, str | int] = (initial, "")

    def begin(self) -> str:
        """Return the JSON of the initial arguments."""
        return self._new_json(1) if self._root else ""

    def add(self, argument: WirePartialArgument) -> str:
        """Add a value or a text chunk; return the JSON that it adds.

        Raises:
            ValueError: The path does not match the earlier arguments.
        """
        path, text = argument.json_path, argument.string_value
        if text is not None and path == self._path:
            self._chunks.append(text)
            return self._emit(msgspec.json.encode(text).decode()[1:-1])
        self._join_chunks()
        value = argument.bool_value if argument.number_value is None else argument.number_value
        steps = _steps(path)
        container: Any = self._root
        for step, following in pairwise(steps):
            container = _descend(container, step, path, following)
        key = _set(container, steps[-1], value if text is None else text, path)
        if text is not None:
            self._path, self._chunks, self._target = path, [text], (container, key)
        # Closing brackets and quotes are held back: objects, arrays and texts can still grow.
        return self._new_json(len(steps) + (text is not None))

    def end(self) -> tuple[str, str]:
        """Return the complete JSON, and the part of it that has not been returned yet."""
        self._join_chunks()
        rest = self._new_json(0)
        return msgspec.json.encode(self._root).decode(), rest

    def _join_chunks(self) -> None:
        """Store the complete text of the current path."""
        if self._path:
            container, key = self._target
            container[key] = "".join(self._chunks)
            self._path = ""

    def _new_json(self, closing: int) -> str:
        text = msgspec.json.encode(self._root).decode()
        text = text[: len(text) - closing]
        # If values arrive in another order, the rest is emitted at the end.
        self._ordered = self._ordered and text.startswith(self._emitted)
        return self._emit(text[len(self._emitted) :])

    def _emit(self, text: str) -> str:
        if not self._ordered:
            return ""
        self._emitted += text
        return text


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    position = 1
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            break
        name, number, quoted, double = match.groups()
        steps.append(int(number) if number else name or quoted or double or "")
        position = match.end()
    if not steps or not path.startswith("$") or position != len(path) or len(steps) > _MAX_DEPTH:
        raise ValueError(f"{path[:80]!r} is not an argument path")
    return steps


def _descend(container: Any, step: str | int, path: str, following: str | int) -> Any:
    try:
        return container[step]
    except (KeyError, IndexError):
        value: Json = [] if isinstance(following, int) else {}
        _set(container, step, value, path)
        return value
    except TypeError:
        raise _path_mismatch(path) from None


def _set(container: Any, step: str | int, value: Json, path: str) -> str | int:
    """Set a value and return its key; an index beyond the end of an array appends."""
    if is_list(container) and isinstance(step, int):
        step = min(step, len(container))
        container[step : step + 1] = [value]
    elif isinstance(container, dict) and isinstance(step, str):
        container[step] = value
    else:
        raise _path_mismatch(path)
    return step


def _path_mismatch(path: str) -> ValueError:
    return ValueError(f"{path[:80]!r} does not match the earlier arguments")


_MAX_DEPTH = 100

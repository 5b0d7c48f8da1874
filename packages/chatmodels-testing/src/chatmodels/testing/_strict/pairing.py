"""The order of tool calls and their results, which several APIs check."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from chatmodels.testing._json import is_array, is_object


class Turn(msgspec.Struct, frozen=True):
    """The calls and results in a message.

    Attributes:
        position: The position of the message.
        calls: The ids of the calls.
        results: The ids of the results.
    """

    position: int
    calls: tuple[str, ...] = ()
    results: tuple[str, ...] = ()


def objects(value: object, /) -> list[dict[str, Any]]:
    """Return the objects of an array; an empty list for another value."""
    return [item for item in value if is_object(item)] if is_array(value) else []


def unanswered(turns: Iterable[Turn], /) -> Iterator[tuple[int, str]]:
    """Yield the position and id of each call without a result directly after its message."""
    position, missing = 0, dict[str, None]()
    for turn in turns:
        if not turn.results or turn.calls:
            yield from ((position, call) for call in missing)
            missing = {}
        for result in turn.results:
            missing.pop(result, None)
        if turn.calls:
            position, missing = turn.position, dict.fromkeys(turn.calls)
    yield from ((position, call) for call in missing)


def unasked(turns: Iterable[Turn], /) -> Iterator[tuple[int, str]]:
    """Yield the position and id of each result that no call directly before it has."""
    open_calls: set[str] = set()
    for turn in turns:
        if not turn.results:
            open_calls = set()
        for result in turn.results:
            if result not in open_calls:
                yield turn.position, result
            open_calls.discard(result)
        open_calls.update(turn.calls)


def repeated(names: Iterable[str], /) -> str | None:
    """Return the first name that occurs twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None

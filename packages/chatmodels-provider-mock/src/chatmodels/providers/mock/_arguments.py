"""Which arguments make a mock, so that a slip is told where it is made and not by odd answers."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeGuard, get_args

from chatmodels.core import ChatModelError, ConfigurationError, ErrorCode

Exhausted = Literal["error", "cycle", "last", "echo"]
Health = Literal["healthy", "unhealthy", "unknown"]


def check(arguments: Mapping[str, Any], /) -> None:
    """Check the arguments of a mock, by name.

    Raises:
        ConfigurationError: Some will not do; the message lists every problem.
    """
    problems = [
        f"{name} must be {wanted}, not {arguments[name]!r}"
        for name, (fits, wanted) in _RULES.items()
        if not fits(arguments[name])
    ]
    problems += _patterns(arguments["rules"])
    if problems:
        raise ConfigurationError("; ".join(problems), provider="mock")


def _seconds(value: object) -> bool:
    return _number(value) and value >= 0


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, float | int) and not isinstance(value, bool)


def _size(value: object) -> bool:
    return value is None or (isinstance(value, int) and value >= 1)


def _list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _rules(value: object) -> TypeGuard[Mapping[object, object] | Sequence[tuple[object, object]]]:
    return isinstance(value, Mapping) or (_list(value) and all(map(_pair, value)))


def _pair(value: object) -> bool:
    return _list(value) and len(value) == 2


def _failure(value: object) -> bool:
    fitting = isinstance(value, type) and issubclass(value, ChatModelError)
    return fitting or isinstance(value, ErrorCode | ChatModelError)


def _one_of(literal: Any) -> tuple[Callable[[object], bool], str]:
    choices: tuple[str, ...] = get_args(literal)
    return lambda value: value in choices, f"one of {', '.join(choices)}"


def _patterns(rules: object) -> Iterator[str]:
    """Find the patterns that are none."""
    pairs = rules if _rules(rules) else ()
    for when, _ in pairs.items() if isinstance(pairs, Mapping) else pairs:
        if isinstance(when, str):
            try:
                re.compile(when)
            except re.error as error:
                yield f"the rule {when!r} is no pattern: {error}; see re.escape()"
        elif not isinstance(when, re.Pattern) and not callable(when):
            yield f"a rule looks for a pattern or calls a function, and has no use for {when!r}"


_SECONDS = (_seconds, "at least 0 seconds")

_RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    "responses": (_list, "a list of replies"),
    "rules": (_rules, "a mapping, or pairs, of what to look for and the reply"),
    "on_exhausted": _one_of(Exhausted),
    "latency": _SECONDS,
    "interval": _SECONDS,
    "chunk_size": (_size, "an integer of at least 1, or None"),
    "error_rate": (lambda value: _number(value) and 0 <= value <= 1, "from 0 to 1"),
    "error": (_failure, "an ErrorCode or a ChatModelError"),
    "health": _one_of(Health),
}

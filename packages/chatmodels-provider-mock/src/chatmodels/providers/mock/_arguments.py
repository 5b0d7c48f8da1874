"""Validation of the arguments of a mock, so that mistakes raise an error matcher it is created."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Literal, TypeGuard, get_args

from chatmodels.core import ChatModelError, ConfigurationError, ErrorCode
from chatmodels.core.extending import Prefill

Exhausted = Literal["error", "cycle", "last", "echo"]
Health = Literal["healthy", "unhealthy", "unknown"]


def check(arguments: Mapping[str, Any], /) -> None:
    """Check the arguments of a mock, by name.

    Raises:
        ConfigurationError: Arguments are invalid; the message lists every problem.
    """
    problems = [
        f"{name} must be {expected}, not {arguments[name]!r}"
        for name, (is_valid, expected) in _RULES.items()
        if not is_valid(arguments[name])
    ]
    problems += _pattern_problems(arguments["rules"])
    if problems:
        raise ConfigurationError("; ".join(problems), provider="mock")


def _seconds(value: object) -> bool:
    return _number(value) and value >= 0


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, float | int) and not isinstance(value, bool)


def _size(value: object) -> bool:
    return value is None or (isinstance(value, int) and value >= 1)


def _tokens(value: object) -> bool:
    return value is None or (isinstance(value, int) and value >= 0)


def _list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _replies(value: object) -> bool:
    return value is not None and not isinstance(value, bytes | Iterator | AbstractSet)


def _rules(value: object) -> TypeGuard[Mapping[object, object] | Sequence[tuple[object, object]]]:
    return isinstance(value, Mapping) or (_list(value) and all(map(_pair, value)))


def _pair(value: object) -> bool:
    return _list(value) and len(value) == 2


def _failure(value: object) -> bool:
    is_class = isinstance(value, type) and issubclass(value, ChatModelError)
    return is_class or isinstance(value, ErrorCode | ChatModelError)


def _one_of(literal: Any) -> tuple[Callable[[object], bool], str]:
    choices: tuple[str, ...] = get_args(literal)
    return lambda value: value in choices, f"one of {', '.join(choices)}"


def _pattern_problems(rules: object) -> Iterator[str]:
    """Yield a problem for each matcher that is invalid."""
    pairs = rules if _rules(rules) else ()
    for matcher, _ in pairs.items() if isinstance(pairs, Mapping) else pairs:
        if isinstance(matcher, str):
            try:
                re.compile(matcher)
            except re.error as error:
                yield f"the rule {matcher!r} is not a pattern: {error}; see re.escape()"
        elif not isinstance(matcher, re.Pattern) and not callable(matcher):
            yield f"a rule must have a pattern or a function, not {matcher!r}"


_SECONDS = (_seconds, "at least 0 seconds")

_RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    "responses": (_replies, "a list of replies, or one reply"),
    "rules": (_rules, "a mapping from matchers to replies, or pairs of both"),
    "on_exhausted": _one_of(Exhausted),
    "latency": _SECONDS,
    "interval": _SECONDS,
    "chunk_size": (_size, "an integer of at least 1, or None"),
    "error_rate": (lambda value: _number(value) and 0 <= value <= 1, "from 0 to 1"),
    "error": (_failure, "an ErrorCode or a ChatModelError"),
    "health": _one_of(Health),
    "prefill": _one_of(Prefill),
    "input_tokens": (_tokens, "an integer of at least 0, or None"),
}

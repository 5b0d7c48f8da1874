"""The dialect of a model, by the pattern that its name matches."""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from typing import TypeVar

AnyDialect = TypeVar("AnyDialect")


def dialect_by_name(
    families: Mapping[str, AnyDialect], default: AnyDialect
) -> Callable[[str], AnyDialect]:
    """Return the function that returns the dialect of a model.

    Args:
        families: Pattern of names to a dialect; the first pattern that matches takes precedence.
        default: The dialect of other models.
    """
    return partial(_dialect_of, tuple(families), (*families.values(), default))


def _dialect_of(
    patterns: tuple[str, ...], dialects: Sequence[AnyDialect], model: str, /
) -> AnyDialect:
    return dialects[_place(patterns, model)]


@lru_cache(maxsize=256)
def _place(patterns: tuple[str, ...], model: str) -> int:
    matches = (place for place, pattern in enumerate(patterns) if fnmatchcase(model, pattern))
    return next(matches, len(patterns))

"""Checks the numbers, models and codes that policies are configured with, and outcomes."""

import math
from collections.abc import Collection, Iterable
from typing import Any, TypeGuard

from chatmodels.core import ChatResponse, ErrorCode
from chatmodels.core.extending import CallableModel


def number_problems(**numbers: tuple[object, float, bool]) -> str:
    """Describe the numbers that are out of range; empty if there are none.

    Args:
        numbers: Name to value, least value, and whether it must be an integer.
    """
    return "; ".join(
        f"{name} must be {'an integer' if whole else 'a number'} of at least {least:g}, "
        f"not {value!r}"
        for name, (value, least, whole) in numbers.items()
        if not _in_range(value, least, whole=whole)
    )


def _in_range(value: object, least: float, *, whole: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return least <= value < math.inf and (isinstance(value, int) or not whole)


def code_problems(codes: Collection[ErrorCode | str], /) -> str:
    """Name the codes that do not exist; empty if all exist."""
    unknown = [repr(str(code)) for code in codes if code not in set(ErrorCode)]
    return f"there is no ErrorCode {', '.join(unknown)}" if unknown else ""


def model_problems(models: Iterable[object], /) -> list[str]:
    """Describe the objects that are not models."""
    return [
        f"{type(model).__name__} is not a model; create one with create_chat_model(...)"
        for model in models
        if not isinstance(model, CallableModel)
    ]


def is_response(outcome: object) -> TypeGuard[ChatResponse[Any]]:
    """Report whether the outcome of a send is a response, and not an open stream."""
    return isinstance(outcome, ChatResponse)

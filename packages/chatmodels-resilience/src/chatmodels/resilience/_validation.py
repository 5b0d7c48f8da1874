"""Checks the numbers that policies are configured with."""

import math


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

"""Type guards for parsed JSON."""

from typing import Any, TypeGuard


def is_object(value: object, /) -> TypeGuard[dict[str, Any]]:
    """Check whether a value is an object."""
    return isinstance(value, dict)


def is_array(value: object, /) -> TypeGuard[list[Any]]:
    """Check whether a value is an array."""
    return isinstance(value, list)

"""What parsed JSON is, for the type checker as well."""

from typing import Any, TypeGuard


def is_object(value: object, /) -> TypeGuard[dict[str, Any]]:
    """Tell whether it is an object."""
    return isinstance(value, dict)


def is_array(value: object, /) -> TypeGuard[list[Any]]:
    """Tell whether it is an array."""
    return isinstance(value, list)

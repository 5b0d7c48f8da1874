"""Publishes classes and functions of private modules under a public module."""

from types import FunctionType
from typing import Any


def publish(names: dict[str, Any], /) -> None:
    """Set the `__module__` of the classes and functions in a public module's `__all__`.

    Tracebacks, the `repr` of classes and pickles then name the public module, and private modules
    can be moved. Call it as `publish(globals())`, after `__all__`.

    Args:
        names: The namespace of the module.
    """
    for name in names["__all__"]:
        value = names[name]
        # Names that are public in another module, such as those of Python, are not changed.
        if isinstance(value, type | FunctionType) and "._" in value.__module__:
            value.__module__ = names["__name__"]

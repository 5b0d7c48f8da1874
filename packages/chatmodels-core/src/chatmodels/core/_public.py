"""The public name of what is defined in private modules."""

from types import FunctionType
from typing import Any


def publish(names: dict[str, Any], /) -> None:
    """Name a public module as the home of the classes and functions in its `__all__`.

    Tracebacks, the `repr` of classes and pickles then name the public module, and private modules
    can be moved. Call it as `publish(globals())`, after `__all__`.

    Args:
        names: The names of the module.
    """
    for name in names["__all__"]:
        value = names[name]
        # A name that is public elsewhere, as those of Python are, stays what it is.
        if isinstance(value, type | FunctionType) and "._" in value.__module__:
            value.__module__ = names["__name__"]

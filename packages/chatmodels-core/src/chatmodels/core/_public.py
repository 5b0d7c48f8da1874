"""Publishes classes and functions of private modules under a public module."""

from collections.abc import Collection, Mapping
from importlib import import_module
from types import FunctionType
from typing import Any


def publish(names: dict[str, Any], /, *, lazy: Collection[str] = ()) -> None:
    """Set the `__module__` of the classes and functions in a public module's `__all__`.

    Tracebacks, the `repr` of classes and pickles then name the public module, and private modules
    can be moved. Call it as `publish(globals())`, after `__all__`.

    Args:
        names: The namespace of the module.
        lazy: The public names that the module imports on first use; see `import_lazily`.
    """
    for name in names["__all__"]:
        if name not in lazy:
            _set_module(names[name], names["__name__"])


def import_lazily(names: dict[str, Any], modules: Mapping[str, str], name: str, /) -> Any:
    """Import a public name on first use, and add it to the module; for its `__getattr__`.

    Args:
        names: The namespace of the module.
        modules: Name to the private module that has it, relative to the public module.
        name: One of these names.
    """
    value = getattr(import_module(f"{names['__name__']}.{modules[name]}"), name)
    _set_module(value, names["__name__"])
    names[name] = value
    return value


def _set_module(value: object, module: str) -> None:
    # Names that are public in another module, such as those of Python, are not changed.
    if isinstance(value, type | FunctionType) and "._" in value.__module__:
        value.__module__ = module

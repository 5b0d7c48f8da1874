"""Publishes classes and functions of private modules under a public module."""

import sys
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any, TypeVar

Class = TypeVar("Class", bound=type)


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


def published_in(module: str, /) -> Callable[[Class], Class]:
    """Set the `__module__` of a class whose public name is imported on first use.

    Its instances can exist before, and their pickles and `repr` must not depend on that.

    Args:
        module: The public module, as in "chatmodels.core".
    """

    def publish_class(value: Class) -> Class:
        _set_module(value, module)
        return value

    return publish_class


def import_lazily(names: dict[str, Any], modules: Mapping[str, str], name: str, /) -> Any:
    """Import a public name on first use, and add it to the module; for its `__getattr__`.

    The names of all private modules that are imported by then become public with it: one can
    return instances of the classes of another.

    Args:
        names: The namespace of the module.
        modules: Name to the private module that has it, relative to the package.
        name: One of these names.
    """
    found = getattr(import_module(f"{names['__package__']}.{modules[name]}"), name)
    for each, home in modules.items():
        if each in names:
            continue
        module = sys.modules.get(f"{names['__package__']}.{home}")
        if module is not None and _is_complete(module):
            names[each] = getattr(module, each)
            _set_module(names[each], names["__name__"])
    return found


def _is_complete(module: ModuleType) -> bool:
    # While a module is imported, perhaps by another thread, its names can be missing, or be the
    # first overload of a function.
    return not getattr(module.__spec__, "_initializing", False)


def _set_module(value: object, module: str) -> None:
    # Names that are public in another module, such as those of Python, are not changed.
    if isinstance(value, type | FunctionType) and "._" in value.__module__:
        value.__module__ = module

"""Check the policies and observers of a model when they are attached to it.

Without the check, a wrong policy would look like a defect of the provider at the first call, and a
wrong observer would only be logged.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from chatmodels.core._calls.call import Observer
from chatmodels.core._calls.effects import Policy
from chatmodels.core._errors.classes import ConfigurationError


def checked_policies(policies: Iterable[Policy], /) -> tuple[Policy, ...]:
    """Return the policies.

    Raises:
        ConfigurationError: One is a class, or cannot be called.
    """
    checked = tuple(policies)
    for policy in checked:
        if isinstance(policy, type) or not callable(policy):
            raise _wrong("policy", "a function or an object that can be called", policy)
    return checked


def checked_observers(observers: Iterable[Observer[Any]], /) -> tuple[Observer[Any], ...]:
    """Return the observers.

    Raises:
        ConfigurationError: One is a class, or has no `start` or no `end`.
    """
    checked = tuple(observers)
    for observer in checked:
        methods = (getattr(observer, name, None) for name in ("start", "end"))
        if isinstance(observer, type) or not all(map(callable, methods)):
            raise _wrong("observer", "an object with the methods start and end", observer)
    return checked


def _wrong(role: str, expected: str, value: object) -> ConfigurationError:
    if isinstance(value, type):
        found, remedy = f"the class {value.__name__}", f"create one, as in {value.__name__}(...)"
    else:
        found = type(value).__name__
        remedy = f"see chatmodels.core.extending.{role.capitalize()}"
        if isinstance(value, Sequence):
            remedy = "pass its items as separate arguments"
    return ConfigurationError(f"{role} must be {expected}, not {found}; {remedy}")

"""Tells the observers of a registry what it does, and keeps their failures from it."""

import time
from collections.abc import Callable
from typing import TypeVar

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._log import error_facts, logger
from chatmodels.core._registry.registrations import RegistryObserver

Observers = tuple[tuple[RegistryObserver], ...]
Found = TypeVar("Found")


def watched_creation(
    observers: Observers,
    provider: str,
    resolve: Callable[[], Found],
    create: Callable[[Found], ChatModel],
) -> ChatModel:
    """Create a model while observers watch.

    Args:
        observers: Who watches.
        provider: The name that is looked up.
        resolve: Looks it up.
        create: Makes the model of what was found.

    Raises:
        ChatModelError: Whatever the two functions raise.
    """
    began = time.monotonic()
    stage = "resolved"
    try:
        found = resolve()
        tell(observers, lambda each: each.resolved(provider, None))
        stage = "created"
        model = create(found)
    except Exception as error:
        raised = error
        if stage == "resolved":
            tell(observers, lambda each: each.resolved(provider, raised))
        duration = time.monotonic() - began
        tell(observers, lambda each: each.created(provider, duration, raised))
        raise
    duration = time.monotonic() - began
    tell(observers, lambda each: each.created(provider, duration, None))
    return model


def tell(observers: Observers, what: Callable[[RegistryObserver], None]) -> None:
    """Tell each observer, whatever becomes of the others."""
    for (observer,) in observers:
        try:
            what(observer)
        except Exception as error:
            logger("chatmodels.registry").warning(
                "observer %s failed", type(observer).__qualname__, extra=error_facts(error)
            )

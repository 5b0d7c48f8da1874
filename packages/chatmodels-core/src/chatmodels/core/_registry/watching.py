"""Notifies the observers of a registry, and isolates the registry from their failures."""

import time
from collections.abc import Callable
from typing import TypeVar

from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._log import error_facts, logger
from chatmodels.core._registry.registrations import RegistryObserver

Observers = tuple[tuple[RegistryObserver], ...]
Target = TypeVar("Target")


def watched_creation(
    observers: Observers,
    provider: str,
    resolve: Callable[[], Target],
    create: Callable[[Target], ChatModel],
) -> ChatModel:
    """Create a model, and notify observers of the lookup and the creation.

    Args:
        observers: The observers.
        provider: The name to look up.
        resolve: Looks up the name.
        create: Creates the model from the result of the lookup.

    Raises:
        ChatModelError: One of the two functions raised it.
    """
    started = time.monotonic()
    stage = "resolved"
    try:
        target = resolve()
        notify(observers, lambda observer: observer.resolved(provider, None))
        stage = "created"
        model = create(target)
    except Exception as error:
        raised = error
        if stage == "resolved":
            notify(observers, lambda observer: observer.resolved(provider, raised))
        duration = time.monotonic() - started
        notify(observers, lambda observer: observer.created(provider, duration, raised))
        raise
    duration = time.monotonic() - started
    notify(observers, lambda observer: observer.created(provider, duration, None))
    return model


def notify(observers: Observers, event: Callable[[RegistryObserver], None]) -> None:
    """Call each observer; a failure is logged and does not affect the others."""
    for (observer,) in observers:
        try:
            event(observer)
        except Exception as error:
            logger("chatmodels.registry").warning(
                "observer %s failed", type(observer).__qualname__, extra=error_facts(error)
            )

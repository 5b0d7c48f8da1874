"""Calls the observers of a call with their tokens; exceptions that they raise are only logged."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from chatmodels.core._log import error_facts, logger
from chatmodels.core._values.metadata import HealthReport


class _Enterable(Protocol):
    """An observer that is entered while core works on the call; see `Observer`."""

    def enter(self, token: object, /) -> None: ...
    def leave(self, token: object, /) -> None: ...


Watched = list[tuple[Any, object]]
"""The observers of a call, each with the token that its `start` returned."""

Entered = list[tuple[_Enterable, object]]
"""Those that have `enter`, and a token."""


def start(observers: Iterable[Any], call: object, /) -> tuple[Watched, Entered]:
    """Start a call; an observer whose `start` fails receives nothing more."""
    watched: Watched = []
    entered: Entered = []
    for observer in observers:
        try:
            token = observer.start(call)
        except Exception as error:
            _report(observer, "start", error)
            continue
        watched.append((observer, token))
        if token is not None and hasattr(observer, "enter"):
            entered.append((observer, token))
    return watched, entered


def enter(entered: Entered, /) -> None:
    """Enter the observers."""
    for observer, token in entered:
        try:
            observer.enter(token)
        except Exception as error:
            _report(observer, "enter", error)


def leave(entered: Entered, /) -> None:
    """Leave the observers, in reverse order."""
    for observer, token in reversed(entered):
        try:
            observer.leave(token)
        except Exception as error:
            _report(observer, "leave", error)


def notify(watched: Watched, method: str, /, *facts: object) -> None:
    """Call a method of the observers that have it."""
    for observer, token in watched:
        try:
            found: Callable[..., None] | None = getattr(observer, method, None)
            if found is not None:
                found(token, *facts)
        except Exception as failure:
            _report(observer, method, failure)


def end(watched: Watched, response: object, error: BaseException | None, /) -> None:
    """Notify the observers of the end of the call."""
    for observer, token in watched:
        try:
            observer.end(token, response, error)
        except Exception as failure:
            _report(observer, "end", failure)


def checked(report: HealthReport, observers: Iterable[Any], /) -> HealthReport:
    """Notify the observers that have `checked` of a health check, and return its report."""
    for observer in observers:
        notify: Callable[[HealthReport], None] | None = getattr(observer, "checked", None)
        if notify is not None:
            try:
                notify(report)
            except Exception as failure:
                _report(observer, "checked", failure)
    return report


def _report(observer: object, method: str, error: Exception) -> None:
    logger("chatmodels.observers").warning(
        "observer %s failed in %s", type(observer).__qualname__, method, extra=error_facts(error)
    )

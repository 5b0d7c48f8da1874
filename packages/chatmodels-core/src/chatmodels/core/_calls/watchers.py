"""The observers of a call, with their tokens; exceptions that they raise are only logged."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from chatmodels.core._log import error_facts, logger
from chatmodels.core._values.metadata import HealthReport


class _Enterable(Protocol):
    """An observer that is entered while core works on the call; see `Observer`."""

    def enter(self, token: object, /) -> None: ...
    def leave(self, token: object, /) -> None: ...


class Watchers:
    """The observers of one call, each with the token that its `start` returned.

    Args:
        observers: The observers; those whose `start` fails receive nothing more.
        call: The call, which starts.
    """

    __slots__ = ("_enterable", "_tokens")

    def __init__(self, observers: Iterable[Any], call: object) -> None:
        self._tokens: list[tuple[Any, object]] = []
        self._enterable: list[tuple[_Enterable, object]] = []
        for observer in observers:
            try:
                token = observer.start(call)
            except Exception as error:
                _report(observer, "start", error)
                continue
            self._tokens.append((observer, token))
            if token is not None and hasattr(observer, "enter"):
                self._enterable.append((observer, token))

    def of_branch(self) -> "Watchers":
        """Return the observers of a branch of the call: they are entered for the call only."""
        watchers = Watchers((), None)
        watchers._tokens = self._tokens
        return watchers

    def enter(self) -> None:
        """Enter the observers that have `enter`."""
        for observer, token in self._enterable:
            try:
                observer.enter(token)
            except Exception as error:
                _report(observer, "enter", error)

    def leave(self) -> None:
        """Leave the observers that were entered, in reverse order."""
        for observer, token in reversed(self._enterable):
            try:
                observer.leave(token)
            except Exception as error:
                _report(observer, "leave", error)

    def notify(self, method: str, /, *facts: object) -> None:
        """Call a method of the observers that have it."""
        for observer, token in self._tokens:
            try:
                found: Callable[..., None] | None = getattr(observer, method, None)
                if found is not None:
                    found(token, *facts)
            except Exception as failure:
                _report(observer, method, failure)

    def end(self, response: object, error: BaseException | None) -> None:
        """Notify the observers of the end of the call."""
        for observer, token in self._tokens:
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

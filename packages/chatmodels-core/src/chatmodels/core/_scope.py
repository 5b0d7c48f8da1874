"""What observers have in force while core is at work on a call, and never while the user is."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType

Report = Callable[[str, Exception], None]


class Scope:
    """Context managers of observers, entered and left as one, any number of times in turn.

    One that fails is reported, and left out.

    Args:
        scopes: The context managers, and what to tell of their failures.
    """

    __slots__ = ("_entered", "_scopes")

    def __init__(self, scopes: Sequence[tuple[AbstractContextManager[object], Report]]) -> None:
        self._scopes = scopes
        self._entered: list[tuple[AbstractContextManager[object], Report]] = []

    def __enter__(self) -> None:
        for scope, report in self._scopes:
            try:
                scope.__enter__()
            except Exception as error:
                report("scope", error)
            else:
                self._entered.append((scope, report))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        while self._entered:
            scope, report = self._entered.pop()
            try:
                scope.__exit__(kind, error, traceback)
            except Exception as failure:
                report("scope", failure)


NO_SCOPE = Scope(())
"""That of a call that nobody watches; shared, since it has nothing to remember."""

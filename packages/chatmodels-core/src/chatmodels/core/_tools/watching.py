"""Who watches tool calls, and that whatever they raise goes no further."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from types import TracebackType

from chatmodels.core._log import error_facts, logger
from chatmodels.core._values.parts import ToolCall, ToolResult
from chatmodels.core._values.request import ToolDefinition

Note = Callable[[ToolResult], None]
ToolWatcher = Callable[[ToolDefinition, ToolCall], AbstractContextManager[Note]]
"""Gives a context manager to have in force while a tool runs; what it enters is told the result."""


class _Watchers:
    """Who watches, for the whole process: tools belong to no registry."""

    def __init__(self) -> None:
        self.now: tuple[tuple[ToolWatcher], ...] = ()
        self._writing = Lock()

    def add(self, added: tuple[ToolWatcher]) -> None:
        with self._writing:
            self.now = (*self.now, added)

    def remove(self, added: tuple[ToolWatcher]) -> None:
        with self._writing:
            self.now = tuple(other for other in self.now if other is not added)


_watchers = _Watchers()


def watch_tools(watcher: ToolWatcher, /) -> Callable[[], None]:
    """Have every call of every tool watched, by `Tool.call` and `Tool.acall`.

    Args:
        watcher: Gets the definition and the call, and gives a context manager. It is in force
            while the tool runs, sees what the tool raises, and what it enters is told the result.

    Returns:
        A function that ends it; calling it again does nothing.
    """
    added = (watcher,)
    _watchers.add(added)
    return lambda: _watchers.remove(added)


def watched(definition: ToolDefinition, call: ToolCall) -> "Watching | None":
    """Give what watches a tool call, if anybody does."""
    watchers = _watchers.now
    return Watching(watchers, definition, call) if watchers else None


class Watching:
    """The context managers of all watchers as one."""

    __slots__ = ("_call", "_definition", "_entered", "_watchers")

    def __init__(
        self,
        watchers: tuple[tuple[ToolWatcher], ...],
        definition: ToolDefinition,
        call: ToolCall,
    ) -> None:
        self._watchers = watchers
        self._definition = definition
        self._call = call
        self._entered: list[tuple[AbstractContextManager[Note], Note]] = []

    def __enter__(self) -> Callable[[ToolResult], ToolResult]:
        for (watcher,) in self._watchers:
            try:
                manager = watcher(self._definition, self._call)
                self._entered.append((manager, manager.__enter__()))
            except Exception as error:
                _report(watcher, error)
        return self._noted

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        while self._entered:
            manager, _ = self._entered.pop()
            try:
                manager.__exit__(kind, error, traceback)
            except Exception as failure:
                _report(manager, failure)

    def _noted(self, result: ToolResult) -> ToolResult:
        for _, note in self._entered:
            try:
                note(result)
            except Exception as error:
                _report(note, error)
        return result


def _report(who: object, error: Exception) -> None:
    logger("chatmodels.observers").warning(
        "watcher of tools %s failed", type(who).__qualname__, extra=error_facts(error)
    )

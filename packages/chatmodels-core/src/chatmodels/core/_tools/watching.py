"""Watchers of tool calls; exceptions that they raise are logged and suppressed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from types import TracebackType

from chatmodels.core._log import error_facts, logger
from chatmodels.core._values.parts import ToolCall, ToolResult
from chatmodels.core._values.request import ToolDefinition

Notify = Callable[[ToolResult], None]
ToolWatcher = Callable[[ToolDefinition, ToolCall], AbstractContextManager[Notify]]
"""Returns a context manager to enter while a tool runs; its target is called with the result."""


class _Watchers:
    """The watchers of the process; tools do not belong to a registry."""

    def __init__(self) -> None:
        self.current: tuple[tuple[ToolWatcher], ...] = ()
        self._write_lock = Lock()

    def add(self, added: tuple[ToolWatcher]) -> None:
        with self._write_lock:
            self.current = (*self.current, added)

    def remove(self, added: tuple[ToolWatcher]) -> None:
        with self._write_lock:
            self.current = tuple(other for other in self.current if other is not added)


_watchers = _Watchers()


def watch_tools(watcher: ToolWatcher, /) -> Callable[[], None]:
    """Watch every call of every tool, by `Tool.call` and `Tool.acall`.

    Args:
        watcher: Accepts the definition and the call, and returns a context manager. It is entered
            while the tool runs and receives the tool's exceptions. The function that it returns
            on entry is called with the result.

    Returns:
        A function that removes the watcher; calling it again does nothing.
    """
    added = (watcher,)
    _watchers.add(added)
    return lambda: _watchers.remove(added)


def watched(definition: ToolDefinition, call: ToolCall) -> "Watching | None":
    """Return the context manager of a tool call, None without watchers."""
    watchers = _watchers.current
    return Watching(watchers, definition, call) if watchers else None


class Watching:
    """A context manager that combines those of all watchers."""

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
        self._entered: list[tuple[AbstractContextManager[Notify], Notify]] = []

    def __enter__(self) -> Callable[[ToolResult], ToolResult]:
        for (watcher,) in self._watchers:
            try:
                manager = watcher(self._definition, self._call)
                self._entered.append((manager, manager.__enter__()))
            except Exception as error:
                _report(watcher, error)
        return self._notify

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        while self._entered:
            manager, _ = self._entered.pop()
            try:
                manager.__exit__(error_type, error, traceback)
            except Exception as failure:
                _report(manager, failure)

    def _notify(self, result: ToolResult) -> ToolResult:
        for _, notify in self._entered:
            try:
                notify(result)
            except Exception as error:
                _report(notify, error)
        return result


def _report(source: object, error: Exception) -> None:
    logger("chatmodels.observers").warning(
        "tool watcher %s failed", type(source).__qualname__, extra=error_facts(error)
    )

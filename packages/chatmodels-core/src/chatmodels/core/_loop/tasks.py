"""The tools of an async run, in tasks of their own."""

from collections import deque
from functools import partial

from anyio import CancelScope, Event, get_cancelled_exc_class, move_on_after

from chatmodels.core._loop.effects import Finished, Start
from chatmodels.core._spawning import spawn
from chatmodels.core._values.parts import ToolResult


class TaskRunner:
    """Runs tools in tasks, with the context variables of the caller.

    The tasks do not belong to a task group: a group would have to stay open between the events of
    a stream, and would not allow its reader to open other scopes there. `aclose` waits for all
    tasks, as a group does.
    """

    def __init__(self) -> None:
        self._scopes: dict[int, CancelScope] = {}
        self._finished: deque[Finished] = deque()
        self._changed = Event()
        self._tasks: set[object] = set()

    def start(self, start: Start) -> None:
        """Start a tool."""
        scope = self._scopes[start.key] = CancelScope()
        spawn(partial(self._run, start, scope), self._tasks)

    async def wait(self, seconds: float | None) -> Finished | None:
        """Wait for any tool; None if it takes longer."""
        with move_on_after(seconds):
            while not self._finished:
                self._changed = Event()
                await self._changed.wait()
        return self._finished.popleft() if self._finished else None

    async def aclose(self) -> None:
        """Cancel all tools, and wait for their end."""
        for scope in self._scopes.values():
            scope.cancel()
        with CancelScope(shield=True):
            while self._scopes:
                self._changed = Event()
                await self._changed.wait()

    async def _run(self, start: Start, scope: CancelScope) -> None:
        outcome: ToolResult | BaseException | None = None
        try:
            with scope:
                outcome = await start.tool.acall(start.context.call, context=start.context)
        except BaseException as error:  # for the task of the caller
            outcome = error
            if isinstance(error, get_cancelled_exc_class()):
                raise
        finally:
            if outcome is not None:
                self._finished.append(Finished(start.key, outcome))
            del self._scopes[start.key]
            self._changed.set()

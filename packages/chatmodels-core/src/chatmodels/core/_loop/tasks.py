"""The tools of an async run, in tasks of their own."""

from collections import deque
from functools import partial

from chatmodels.core._concurrency.running import running_library
from chatmodels.core._loop.effects import Finished, Start


class TaskRunner:
    """Runs tools in tasks, with the context variables of the caller.

    The tasks do not belong to a task group: a group would have to stay open between the events of
    a stream, and would not allow its reader to open other scopes there. `aclose` waits for all
    tasks, as a group does.
    """

    def __init__(self) -> None:
        self._library = running_library()
        self._tasks: dict[int, object] = {}
        self._finished: deque[Finished] = deque()
        self._changed = self._library.event()

    def start(self, start: Start) -> None:
        """Start a tool."""
        self._tasks[start.key] = self._library.start(partial(self._run, start))

    async def wait(self, seconds: float | None) -> Finished | None:
        """Wait for any tool; None if it takes longer."""
        if not self._finished:
            self._changed = self._library.event()
            await self._library.wait(self._changed, seconds)
        return self._finished.popleft() if self._finished else None

    async def aclose(self) -> None:
        """Cancel all tools, and wait for their end."""
        await self._library.end(tuple(self._tasks.values()))

    async def _run(self, start: Start) -> None:
        try:
            outcome = await start.tool.acall(start.context.call, context=start.context)
        except BaseException as error:  # for the task of the caller, if it still waits
            outcome = error
        self._finished.append(Finished(start.key, outcome))
        del self._tasks[start.key]
        self._changed.set()

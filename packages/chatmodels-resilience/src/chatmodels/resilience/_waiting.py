"""A place in a queue, for threads and for tasks of any event loop."""

from collections.abc import Callable
from threading import Event

from chatmodels.core.extending import CallInfo, running_library


def remaining_time(call: CallInfo, clock: Callable[[], float]) -> float | None:
    """Return the seconds until the deadline of a call, at least 0; None if it has none."""
    return None if call.deadline is None else max(call.deadline - clock(), 0)


class ThreadPlace:
    """A thread waits here until it is woken."""

    def __init__(self) -> None:
        self._event = Event()
        self.wake: Callable[[], object] = self._event.set

    def wait(self, seconds: float | None) -> bool:
        """Wait, and return whether the place was woken in time."""
        return self._event.wait(seconds)


class TaskPlace:
    """A task waits here until it is woken, by any thread."""

    def __init__(self) -> None:
        self._library = running_library()
        self._event = self._library.event()
        schedule = self._library.scheduler()
        self.wake: Callable[[], object] = lambda: schedule(self._event.set)

    async def wait(self, seconds: float | None) -> bool:
        """Wait, and return whether the place was woken in time."""
        return await self._library.wait(self._event, seconds)

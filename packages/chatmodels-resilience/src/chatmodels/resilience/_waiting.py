"""A place in a queue, for threads and for tasks of any event loop."""

from collections.abc import Callable
from threading import Event
from typing import Any

from chatmodels.core.extending import CallInfo


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
        from anyio import Event
        from anyio.lowlevel import current_token

        self._event = Event()
        token: Any = current_token().native_token
        schedule = getattr(token, "call_soon_threadsafe", None) or token.run_sync_soon
        self.wake: Callable[[], object] = lambda: schedule(self._event.set)

    async def wait(self, seconds: float | None) -> bool:
        """Wait, and return whether the place was woken in time."""
        from anyio import move_on_after

        with move_on_after(seconds):
            await self._event.wait()
        return self._event.is_set()

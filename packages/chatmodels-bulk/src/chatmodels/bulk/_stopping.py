"""Requests to stop a run, which wake one that waits for a batch."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress


class Stop:
    """A request to stop a run: pass it as `should_stop`, and call `request` when it is to stop.

    A run that waits for a batch stops at once; with another function as `should_stop`, it does so
    within a second. It can be shared by several runs. It is thread-safe, and a signal handler can
    call it.

    Examples:
        >>> stop = Stop()
        >>> stop()
        False
        >>> stop.request()
        >>> stop()
        True
    """

    def __init__(self) -> None:
        self._is_requested = False
        # No lock: a signal handler would wait for one that its own thread has.
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def request(self) -> None:
        """Let the run stop."""
        self._is_requested = True
        for loop, event in tuple(self._waiting):
            with suppress(RuntimeError):  # the loop was closed in the meantime
                loop.call_soon_threadsafe(event.set)

    def __call__(self) -> bool:
        """Report whether the run is to stop."""
        return self._is_requested

    @contextmanager
    def waking(self, event: asyncio.Event, /) -> Generator[None]:
        """Set an event of the running loop as soon as the run is to stop, during a block."""
        entry = (asyncio.get_running_loop(), event)
        self._waiting.append(entry)
        try:
            yield
        finally:
            self._waiting.remove(entry)


class StopConditions:
    """The conditions under which a run stops; it does so if one of them is true.

    Args:
        conditions: The conditions; a `Stop` also wakes a run that waits.
    """

    def __init__(self, *conditions: Callable[[], bool]) -> None:
        self._conditions = conditions

    def __call__(self) -> bool:
        """Report whether the run is to stop."""
        for condition in self._conditions:  # noqa: SIM110 - a generator takes longer
            if condition():
                return True
        return False

    @contextmanager
    def waking(self, event: asyncio.Event, /) -> Generator[None]:
        """Set an event as soon as a `Stop` is requested, during a block."""
        stop = next((each for each in self._conditions if isinstance(each, Stop)), Stop())
        with stop.waking(event):
            yield

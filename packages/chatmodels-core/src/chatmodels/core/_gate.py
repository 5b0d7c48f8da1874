"""Work written once for threads and for tasks: generators that wait for gates and coroutines."""

from collections.abc import Coroutine, Generator
from threading import Lock, get_ident
from typing import Any, TypeVar

from chatmodels.core._errors import ConfigurationError

_T = TypeVar("_T")

_POLL = 0.001  # Seconds between looks at a closed gate.


class Gate:
    """A lock that threads and the tasks of any event loop can share.

    Args:
        what: What is going on behind it, for messages.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = Lock()
        self._thread = 0  # The holder's, which may be one of its tasks; 0 while there is none.

    def enter(self) -> None:
        """Wait in this thread until nobody holds the gate, then hold it.

        Raises:
            ConfigurationError: The holder is a task of this thread, which could never go on.
        """
        if not self._lock.acquire(blocking=False):
            if self._thread == get_ident():
                raise ConfigurationError(
                    f"{self._what} is being made by a task of this very thread, for which a"
                    " blocking call would wait forever; await aresolve(...) instead",
                    op="resolve",
                )
            self._lock.acquire()
        self._thread = get_ident()

    async def aenter(self) -> None:
        """Wait in this task until nobody holds the gate, then hold it."""
        if not self._lock.acquire(blocking=False):
            from anyio import sleep

            # The holder may be a thread, or a task of another event loop, and no event of this
            # loop can be set from there: so look again, which few callers ever have to do.
            while not self._lock.acquire(blocking=False):  # noqa: ASYNC110 - see above
                await sleep(_POLL)
        self._thread = get_ident()

    def leave(self) -> None:
        """Let the next one in."""
        self._thread = 0
        self._lock.release()


Step = Gate | Coroutine[Any, Any, object]
Steps = Generator[Step, Any, _T]


class NoAwaitingError(Exception):
    """A coroutine was met where nothing can be awaited; it was closed without being run."""


def run_blocking(steps: Steps[_T], /) -> _T:
    """Run a generator in this thread; coroutines get a `NoAwaitingError` thrown in."""
    try:
        step = next(steps)
        while True:
            try:
                _wait(step)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = next(steps)
    except StopIteration as done:
        return done.value


async def run_async(steps: Steps[_T], /) -> _T:
    """Run a generator in this task, awaiting its gates and coroutines."""
    try:
        step = next(steps)
        while True:
            try:
                outcome = await (step.aenter() if isinstance(step, Gate) else step)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(outcome)
    except StopIteration as done:
        return done.value


def _wait(step: Step) -> None:
    if isinstance(step, Gate):
        step.enter()
    else:
        step.close()
        raise NoAwaitingError

"""Time limits for blocking functions: they run in a thread that can be abandoned."""

from collections.abc import Callable
from concurrent.futures import Future
from contextvars import Context, copy_context
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from chatmodels.core.extending import OutOfTimeError

T = TypeVar("T")


class Worker:
    """A thread that runs functions one after another; close it after use.

    A function that runs out of time cannot be interrupted. It continues in the background until it
    returns; then its result is discarded, and the thread ends.
    """

    __slots__ = ("_jobs", "_started")

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._started = False

    def run(
        self,
        seconds: float | None,
        function: Callable[[], T],
        discard: Callable[[T], object] | None = None,
    ) -> T:
        """Run a function in the context of the caller.

        Args:
            seconds: The time limit; None for no limit, and then no thread is used.
            function: The function.
            discard: Releases a result that was returned too late.

        Raises:
            OutOfTimeError: The function did not return in time.
        """
        if seconds is None:
            return function()
        if not self._started:
            self._started = True
            Thread(target=_serve, args=(self._jobs,), name="chatmodels", daemon=True).start()
        future: Future[T] = Future()
        self._jobs.put((future, copy_context(), function))
        try:
            return future.result(seconds)
        except BaseException as error:
            if future.done() and future.exception() is error:
                raise
            if discard is not None:
                future.add_done_callback(_discarding(discard))
            if isinstance(error, TimeoutError):
                raise OutOfTimeError from None
            raise

    def close(self) -> None:
        """End the thread when its function has returned."""
        if self._started:
            self._jobs.put(None)


_Job = tuple[Future[Any], Context, Callable[[], Any]]


def _serve(jobs: SimpleQueue[_Job | None]) -> None:
    while (job := jobs.get()) is not None:
        future, context, function = job
        try:
            future.set_result(context.run(function))
        except BaseException as error:
            future.set_exception(error)
        del job, future, context, function  # an idle thread must not keep them alive


def _discarding(discard: Callable[[T], object]) -> Callable[[Future[T]], None]:
    def late(future: Future[T]) -> None:
        if future.exception() is None:
            discard(future.result())

    return late

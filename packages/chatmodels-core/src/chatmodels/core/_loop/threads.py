"""The tools of a sync run, in worker threads."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from queue import Empty, SimpleQueue

from chatmodels.core._loop.effects import Finished, Start


class ThreadRunner:
    """Runs tools in a pool of threads, with the context variables of the caller.

    Args:
        max_concurrency: The number of threads; with 1, tools run in the thread of the caller.
    """

    def __init__(self, max_concurrency: int) -> None:
        self._max_concurrency = max_concurrency
        self._pool: ThreadPoolExecutor | None = None
        self._finished: SimpleQueue[Finished] = SimpleQueue()

    def start(self, start: Start) -> None:
        """Start a tool."""
        if self._max_concurrency == 1:
            try:
                outcome = start.tool.call(start.context.call, context=start.context)
            except Exception as error:  # an interruption is for the caller at once
                outcome = error
            self._finished.put(Finished(start.key, outcome))
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._max_concurrency, "chatmodels-tools")
        self._pool.submit(copy_context().run, self._run, start)

    def wait(self, seconds: float | None) -> Finished | None:
        """Wait for any tool; None if it takes longer."""
        try:
            return self._finished.get(timeout=seconds)
        except Empty:
            return None

    def close(self) -> None:
        """Start no further tool; running tools are not awaited, since threads cannot be stopped."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, start: Start) -> None:
        try:
            outcome = start.tool.call(start.context.call, context=start.context)
        except BaseException as error:  # for the thread of the caller
            outcome = error
        self._finished.put(Finished(start.key, outcome))

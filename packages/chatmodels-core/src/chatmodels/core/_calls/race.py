"""Runs several sends of a policy at the same time; the first success counts.

Each send is a branch of the call, with its own copy of the facts, so that branches do not affect
each other. The facts of the branch that wins become those of the call.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol, Self

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._concurrency.running import running_library
from chatmodels.core._errors.classes import CallTimeoutError, ChatModelError
from chatmodels.core._errors.codes import ErrorCode


class Branch(Protocol):
    """Performs the sends of a call, or of one branch of it.

    Attributes:
        call: The facts of the call, or of the branch.
    """

    call: CallInfo

    def perform(self, effect: Any, /) -> Any:
        """Call the provider or another model."""
        ...

    def collect(self, outcome: Any, /) -> Any:
        """Read the outcome of a send to its end."""
        ...

    def forward(self, suspended: Any, /) -> Any:
        """Return the outcome of a policy that can continue it: see `Suspended`."""
        ...

    def branch(self) -> Self:
        """Return a branch of this one, with a branch of its call."""
        ...

    def absorb(self, other: Self, /) -> None:
        """Add the outcomes of a branch that has ended."""
        ...

    def close(self) -> None:
        """Close the outcomes of a branch that ends after the race."""
        ...


class _Runner:
    """A send under way.

    Attributes:
        branch: Its branch.
        send: The effect.
        attempts: The number of attempts before it.
        finished: Whether it has an outcome or an error.
        outcome: The outcome of the send.
        error: The error of the send.
    """

    def __init__(self, branch: Branch, send: Any) -> None:
        self.branch = branch
        self.send = send
        self.attempts = branch.call.attempts
        self.finished = False
        self.outcome: Any = None
        self.error: BaseException | None = None


class _ThreadRunner(_Runner):
    """A send that runs in a thread of its own, which the call can leave at any time."""

    def __init__(self, branch: Branch, send: Any) -> None:
        from threading import Lock

        super().__init__(branch, send)
        self._lock = Lock()
        self._left = False

    def work(
        self, run: Callable[[Branch, Any], Any], report: Callable[["_ThreadRunner"], object]
    ) -> None:
        """Run the send, and report its end; if the call has left, close what it opened."""
        outcome, error = None, None
        try:
            outcome = run(self.branch, self.send)
        except BaseException as raised:
            error = raised
        with self._lock:
            if not self._left:
                self.outcome, self.error, self.finished = outcome, error, True
                report(self)
                return
        self.branch.close()
        self.branch.call.end_branch(outcome, error)

    def leave(self) -> None:
        """Leave the thread, which ends on its own."""
        with self._lock:
            self._left = True


def race(
    parent: Branch, sends: Iterator[Any], delay: float, run: Callable[[Branch, Any], Any], /
) -> Any:
    """Run sends in threads, and return the outcome of the first success.

    The threads of the others are left. A thread cannot be stopped: it ends with its response or at
    its time limit, and then closes what it has opened.

    Args:
        parent: The branch that yielded the race.
        sends: The sends, at least one; advanced when the next one is to start.
        delay: Seconds from the start of one to the start of the next.
        run: Runs a send in a branch.

    Raises:
        CallTimeoutError: The total time limit of the call is over, and no send has reported it.
        Exception: The last error, if all sends failed that were started.
    """
    from contextvars import copy_context
    from queue import Empty, SimpleQueue
    from threading import Thread

    ended: SimpleQueue[_ThreadRunner] = SimpleQueue()
    runners: list[_ThreadRunner] = []
    last: _ThreadRunner | None = None

    def start(send: Any) -> None:
        runner = _ThreadRunner(_branch_of(parent, runners), send)
        runners.append(runner)
        # A daemon: a thread that was left must not delay the end of the program.
        Thread(
            target=copy_context().run,
            args=(runner.work, run, ended.put),
            name="chatmodels race",
            daemon=True,
        ).start()

    timeout: CallTimeoutError | None = None
    try:
        following = next(sends)
        start(following)
        failures = 0
        while True:
            try:
                last = ended.get(timeout=_wait(parent.call, None if following is None else delay))
            except Empty:
                if _is_over(parent.call):
                    timeout = _timeout_of(parent.call)
                    raise timeout from None
                following = next(sends, None)
                if following is not None:
                    start(following)
                continue
            failures += 1
            if last.error is None or failures == len(runners):
                return _outcome_of(last)
    finally:
        for runner in runners:
            runner.leave()
        _merge(parent, runners, last, timeout)
        last = timeout = None  # or an error and this frame refer to each other
        runners.clear()


async def arace(
    parent: Branch,
    sends: Iterator[Any],
    delay: float,
    run: Callable[[Branch, Any], Awaitable[Any]],
    /,
) -> Any:
    """Run sends in tasks, return the outcome of the first success, and cancel the others.

    See `race`.
    """
    library = running_library()
    ended: deque[_Runner] = deque()
    runners: list[_Runner] = []
    tasks: list[object] = []
    last: _Runner | None = None
    changed = library.event()

    async def work(runner: _Runner) -> None:
        try:
            runner.outcome = await run(runner.branch, runner.send)
        except BaseException as error:
            if is_over:  # cancelled
                return
            runner.error = error
        runner.finished = True
        ended.append(runner)
        changed.set()

    def start(send: Any) -> None:
        runner = _Runner(_branch_of(parent, runners), send)
        runners.append(runner)
        tasks.append(library.start(partial(work, runner)))

    is_over = False
    timeout: CallTimeoutError | None = None
    try:
        try:
            following = next(sends)
            start(following)
            failures = 0
            while failures < len(runners):
                if not ended:
                    changed = library.event()
                    await library.wait(
                        changed, _wait(parent.call, None if following is None else delay)
                    )
                if not ended:
                    if _is_over(parent.call):
                        timeout = _timeout_of(parent.call)
                        raise timeout
                    following = next(sends, None)
                    if following is not None:
                        start(following)
                    continue
                last = ended.popleft()
                if last.error is None:
                    break
                failures += 1
        finally:
            is_over = True
            await library.end(tasks)
        return _outcome_of(last)
    finally:
        _merge(parent, runners, last, timeout)
        last = timeout = None
        runners.clear()


def _branch_of(parent: Branch, runners: Sequence[_Runner]) -> Branch:
    branch = parent.branch()
    branch.call.attempts = max(
        (runner.branch.call.attempts for runner in runners), default=parent.call.attempts
    )
    return branch


def _outcome_of(last: _Runner | None) -> Any:
    assert last is not None
    if last.error is not None:
        raise last.error
    return last.outcome


_GRACE = 0.25
"""Seconds after the total time limit in which a send can report it itself, with more details."""


def _wait(call: CallInfo, delay: float | None) -> float | None:
    """Return the seconds to wait for the end of a send; None for any time."""
    if call.deadline is None:
        return delay
    remaining = max(call.deadline + _GRACE - time.monotonic(), 0.0)
    return remaining if delay is None else min(delay, remaining)


def _is_over(call: CallInfo) -> bool:
    return call.deadline is not None and time.monotonic() >= call.deadline + _GRACE


def _timeout_of(call: CallInfo) -> CallTimeoutError:
    total = call.timeout.total
    return CallTimeoutError(
        f"no attempt responded within the total timeout of {total:g} s; to allow more, raise "
        f"Timeout(total={total:g})",
        details={"limit": "total", "seconds": total, "elapsed": time.monotonic() - call.started},
    )


def _merge(
    parent: Branch,
    runners: Sequence[_Runner],
    last: _Runner | None,
    timeout: CallTimeoutError | None,
) -> None:
    """Add the facts of the branches to those of the call.

    Args:
        parent: The branch that yielded the race.
        runners: The sends that were started.
        last: The one that ended last and decides the outcome; None if the call was cancelled.
        timeout: The error that decides the outcome instead.
    """
    call = parent.call
    for runner in runners:
        has_ended = runner.finished or not isinstance(runner, _ThreadRunner)
        if has_ended:
            parent.absorb(runner.branch)
        call.attempts += runner.branch.call.attempts - runner.attempts
        if runner is last and timeout is None:
            call.adopt_branch(runner.branch.call)
            runner.branch.call = call  # for the attempts that continue its stream
            continue
        lost = None if isinstance(runner.error, Exception) else _lost(runner, timeout)
        noted = last is not None or timeout is not None
        call.leave_branch(runner.branch.call, lost, note=noted)
        if has_ended:
            runner.branch.call.end_branch(runner.outcome, lost or runner.error)


def _lost(runner: _Runner, timeout: CallTimeoutError | None) -> ChatModelError:
    """Return the error of a send without one."""
    call, model = runner.branch.call, runner.send.model
    code, message = ErrorCode.CANCELLED, "another attempt responded first"
    if runner.error is not None:
        message = "the attempt was cancelled"
    elif timeout is not None:
        code, message = timeout.code, timeout.message
    return ChatModelError(
        message,
        code=code,
        op=call.op,
        provider=call.provider if model is None else model.provider,
        model=call.model if model is None else model.model,
    )

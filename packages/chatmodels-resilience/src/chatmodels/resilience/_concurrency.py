"""Limits the calls that are under way at the same time."""

import time
from collections import deque
from collections.abc import Callable
from threading import RLock
from typing import Any

from chatmodels.core import (
    CallTimeoutError,
    ChatRequest,
    ConfigurationError,
    ErrorCode,
)
from chatmodels.core.extending import CallInfo, Flow, Run, Send, error_code
from chatmodels.resilience._validation import number_problems
from chatmodels.resilience._waiting import TaskPlace, ThreadPlace, remaining_time

OVERLOAD_CODES = frozenset(
    {ErrorCode.RATE_LIMITED, ErrorCode.PROVIDER_UNAVAILABLE, ErrorCode.TIMEOUT}
)
"""The codes of errors after which an adaptive limit is halved."""


class Concurrency:
    """A policy that limits the calls that are under way at the same time.

    Further calls wait, first come, first served; threads and tasks of several event loops share the
    limit. A call whose total time limit is over while it waits raises `CallTimeoutError`. A stream
    has its place until it ends or is closed.

    With `adaptive`, the limit is halved after each overload of the provider, and grows by one each
    time that as many calls as the limit succeed: additive increase, multiplicative decrease.

    >>> concurrency = Concurrency(20)  # for model.with_policies(concurrency)

    Args:
        limit: The number of calls; of an adaptive limit, the maximum.
        adaptive: Whether the limit follows the overloads of the provider.
        clock: Returns the time in seconds, on the scale of `CallInfo.deadline`.

    Raises:
        ConfigurationError: `limit` is not a positive integer.
    """

    def __init__(
        self,
        limit: int,
        *,
        adaptive: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if problems := number_problems(limit=(limit, 1, True)):
            raise ConfigurationError(f"Concurrency: {problems}", op="configure")
        self.limit = limit
        self.adaptive = adaptive
        self._clock = clock
        self._current = float(limit)
        self._allowed = limit  # the whole part of it
        self._running = 0
        self._waiting: deque[ThreadPlace | TaskPlace] = deque()
        self._lock = RLock()  # the garbage collector can end a call within `with`

    @property
    def current_limit(self) -> int:
        """The number of calls that can run now."""
        return self._allowed

    @property
    def running(self) -> int:
        """The number of calls that are under way."""
        return self._running

    def __call__(self, call: CallInfo, request: ChatRequest, /) -> Flow[Any]:
        """Return the flow of one call."""
        if not self._has_entered():
            yield Run(lambda: self._enter(call), lambda: self._aenter(call))
        try:
            outcome = yield Send(request)
        except BaseException as error:  # a cancellation, too, must free the place
            self._leave(error)
            raise
        if call.op == "generate":
            self._leave(None)
        else:
            call.on_end(lambda response, error: self._leave(error))
        return outcome

    def _has_entered(self) -> bool:
        """Enter if there is no need to wait, which is faster."""
        with self._lock:
            if self._running >= self._allowed or self._waiting:
                return False
            self._running += 1
            return True

    def _enter(self, call: CallInfo) -> None:
        if (place := self._place(ThreadPlace)) is not None:
            try:
                in_time = place.wait(remaining_time(call, self._clock))
            except BaseException:  # such as KeyboardInterrupt
                self._give_up(place)
                raise
            self._check(call, place, in_time=in_time)

    async def _aenter(self, call: CallInfo) -> None:
        if (place := self._place(TaskPlace)) is not None:
            try:
                in_time = await place.wait(remaining_time(call, self._clock))
            except BaseException:
                self._give_up(place)
                raise
            self._check(call, place, in_time=in_time)

    def _place(self, kind: Callable[[], Any]) -> Any:
        """Return a place in the queue, or None if there is no need to wait."""
        with self._lock:
            if self._has_entered():  # a place has become free
                return None
            place = kind()
            self._waiting.append(place)
            self._assign()  # the garbage collector can have freed a place meanwhile
            return place

    def _check(self, call: CallInfo, place: ThreadPlace | TaskPlace, *, in_time: bool) -> None:
        if not in_time:
            self._give_up(place)
            raise CallTimeoutError(
                f"all {self.current_limit} concurrent calls ran for longer than the total timeout "
                f"of {call.timeout.total} s; raise Timeout(total=...) or the limit of calls"
            )

    def _give_up(self, place: ThreadPlace | TaskPlace) -> None:
        """Leave the queue, or the place that was just assigned."""
        with self._lock:
            if place in self._waiting:
                self._waiting.remove(place)
            else:
                self._free()

    def _leave(self, error: BaseException | None) -> None:
        with self._lock:
            if self.adaptive:
                self._adapt(error)
            self._free()

    def _free(self) -> None:
        self._running -= 1
        if self._waiting:
            self._assign()

    def _assign(self) -> None:
        """Assign free places; it can be called within itself, by the garbage collector."""
        while self._waiting and self._running < self._allowed:
            self._running += 1
            try:
                self._waiting.popleft().wake()
            except (IndexError, RuntimeError):  # the event loop of the task is closed
                self._running -= 1

    def _adapt(self, error: BaseException | None) -> None:
        if error is None:
            self._current = min(self._current + 1 / self._current, self.limit)
        elif error_code(error) in OVERLOAD_CODES:
            self._current = max(self._current / 2, 1.0)
        self._allowed = int(self._current)

    def __repr__(self) -> str:
        return f"<Concurrency: {self._running} of {self.current_limit} calls under way>"

    def __reduce__(self) -> Any:
        """Pickle the configuration; another process counts for itself."""
        return _concurrency, (self.limit, self.adaptive, self._clock)


def _concurrency(limit: int, adaptive: bool, clock: Callable[[], float]) -> Concurrency:
    return Concurrency(limit, adaptive=adaptive, clock=clock)

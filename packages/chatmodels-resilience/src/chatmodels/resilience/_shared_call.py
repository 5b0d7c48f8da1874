"""Shares the response of one call with others that wait for it."""

from collections import deque
from collections.abc import Callable
from threading import RLock
from typing import Any

from chatmodels.core import CallTimeoutError, ChatResponse
from chatmodels.core.extending import CallInfo
from chatmodels.resilience._waiting import TaskPlace, ThreadPlace, remaining_time


class SharedCall:
    """A call for a key, and the places of those that wait for its response."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.response: ChatResponse[Any] | None = None
        self.is_over = False
        self.waiting: deque[ThreadPlace | TaskPlace] = deque()


class SharedCalls:
    """The calls under way, by key."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._calls: dict[str, SharedCall] = {}
        self._lock = RLock()  # the garbage collector can end a call within `with`

    def join(self, key: str, call: CallInfo) -> SharedCall:
        """Wait for the call for a key; without one, start it.

        Returns:
            If it has a `response`, the response to use. Otherwise, the caller sends the request,
            and then calls `share`, `fail` or `leave`.

        Raises:
            CallTimeoutError: The total time limit of the call is over.
        """
        shared, place = self._place(key, call, ThreadPlace)
        if place is None:
            return shared
        try:
            in_time = place.wait(remaining_time(call, self._clock))
        except BaseException:  # such as KeyboardInterrupt
            self._give_up(shared, place)
            raise
        return self._result(shared, place, call, in_time=in_time)

    async def ajoin(self, key: str, call: CallInfo) -> SharedCall:
        """Wait for the call for a key; the async version of `join`."""
        shared, place = self._place(key, call, TaskPlace)
        if place is None:
            return shared
        try:
            in_time = await place.wait(remaining_time(call, self._clock))
        except BaseException:  # a cancellation
            self._give_up(shared, place)
            raise
        return self._result(shared, place, call, in_time=in_time)

    def share(self, shared: SharedCall, response: ChatResponse[Any]) -> None:
        """Give the response to all that wait for it."""
        self._end(shared, response)

    def fail(self, shared: SharedCall) -> None:
        """Let all that wait send their own requests."""
        self._end(shared, None)

    def leave(self, shared: SharedCall) -> None:
        """Let the next call that waits take over."""
        with self._lock:
            while shared.waiting and not shared.is_over:
                if _wake(shared.waiting.popleft()):
                    return
            self._forget(shared)

    def _place(self, key: str, call: CallInfo, kind: Callable[[], Any]) -> tuple[SharedCall, Any]:
        with self._lock:
            while (shared := self._calls.get(key)) is not None:
                place = kind()
                if not shared.is_over:  # as the garbage collector can end it meanwhile
                    shared.waiting.append(place)
                    return shared, place
            if call.op == "stream":
                return _unshared(key), None
            shared = self._calls[key] = SharedCall(key)
            return shared, None

    def _result(
        self, shared: SharedCall, place: Any, call: CallInfo, *, in_time: bool
    ) -> SharedCall:
        if not in_time:
            self._give_up(shared, place)
            raise CallTimeoutError(
                "the same request of another call was under way for longer than the total timeout "
                f"of {call.timeout.total} s"
            )
        if not shared.is_over and call.op == "stream":
            self.leave(shared)
            return _unshared(shared.key)
        return shared

    def _give_up(self, shared: SharedCall, place: Any) -> None:
        with self._lock:
            if place in shared.waiting:
                shared.waiting.remove(place)
                return
        self.leave(shared)  # it was woken to take over

    def _end(self, shared: SharedCall, response: ChatResponse[Any] | None) -> None:
        with self._lock:
            if not shared.is_over:
                self._forget(shared)
                shared.response = response
                while shared.waiting:
                    _wake(shared.waiting.popleft())

    def _forget(self, shared: SharedCall) -> None:
        if not shared.is_over:
            shared.is_over = True
            del self._calls[shared.key]


def _unshared(key: str) -> SharedCall:
    """Return a call that no other call waits for."""
    shared = SharedCall(key)
    shared.is_over = True
    return shared


def _wake(place: ThreadPlace | TaskPlace) -> bool:
    try:
        place.wake()
    except RuntimeError:  # the event loop of the task is closed
        return False
    return True

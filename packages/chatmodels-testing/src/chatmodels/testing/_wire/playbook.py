"""Decides which fault a connection or a request meets, for all threads."""

from collections import deque
from collections.abc import Sequence
from threading import Lock

from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._wire.fault import Step, WireFault
from chatmodels.testing._wire.reply import NOTHING_ASKED, Right, right_reply

_REMEMBERED = 1_000  # requests and names of faults


class Playbook:
    """The faults that are to come, and the requests that came.

    Args:
        fault: The fault of all requests for which none is queued; None for none.
        keep_alive: Whether connections are kept after a right response.

    Attributes:
        fault: May be changed at any time.
        requests: The last requests, oldest first.
        played: The names of the last faults, oldest first.
    """

    def __init__(self, fault: WireFault | None, *, keep_alive: bool) -> None:
        self.fault = fault
        self.requests: deque[ReceivedRequest] = deque(maxlen=_REMEMBERED)
        self.played: deque[str] = deque(maxlen=_REMEMBERED)
        self._keep_alive = keep_alive
        self._queue: deque[WireFault] = deque()
        self._lock = Lock()

    def add(self, faults: Sequence[WireFault], /) -> None:
        """Queue faults."""
        with self._lock:
            self._queue.extend(faults)

    def at_accept(self) -> Sequence[Step] | None:
        """Return the steps for a new connection; None to read a request first."""
        with self._lock:
            fault = self._queue[0] if self._queue else self.fault
            if fault is None or not fault.at_accept:
                return None
            return self._steps(fault, NOTHING_ASKED)

    def at_request(self, request: ReceivedRequest, /) -> Sequence[Step]:
        """Return the steps for a request: those of a fault, or the right response."""
        right = right_reply(request)
        with self._lock:
            self.requests.append(request)
            fault = self._queue[0] if self._queue else self.fault
            if fault is not None:
                return self._steps(fault, right)
        message = right.message()
        if self._keep_alive:
            return (message.data(),)
        head = message.head().removesuffix(b"\r\n") + b"connection: close\r\n\r\n"
        return (head + message.body, "close")

    def _steps(self, fault: WireFault, right: Right) -> Sequence[Step]:
        if self._queue:
            self._queue.popleft()
        self.played.append(fault.name)
        return fault.script(right)

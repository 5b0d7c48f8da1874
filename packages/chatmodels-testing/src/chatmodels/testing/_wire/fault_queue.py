"""The queue of faults for connections and requests, shared by threads."""

import re
from collections import deque
from collections.abc import Sequence
from threading import Lock

from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._wire.catalogue import WIRE_FAULTS
from chatmodels.testing._wire.correct_response import NO_REQUEST, CorrectResponse, correct_response
from chatmodels.testing._wire.fault import Step, WireFault

_HISTORY = 1_000  # requests and names of faults


class FaultQueue:
    """The next faults, and the received requests.

    Args:
        fault: The fault of requests for which none is queued; None for no fault.
        keep_alive: Whether connections are kept open after a correct response.

    Attributes:
        fault: Can be changed at any time.
        requests: The last requests, oldest first.
        played: The names of the last applied faults, oldest first.
    """

    def __init__(self, fault: WireFault | None, *, keep_alive: bool) -> None:
        self.fault = fault
        self.requests: deque[ReceivedRequest] = deque(maxlen=_HISTORY)
        self.played: deque[str] = deque(maxlen=_HISTORY)
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
            return self._steps(fault, NO_REQUEST)

    def at_request(self, request: ReceivedRequest, /) -> Sequence[Step]:
        """Return the steps for a request: those of a fault, or the correct response."""
        correct = correct_response(request)
        with self._lock:
            self.requests.append(request)
            fault = _of_model(request) or (self._queue[0] if self._queue else self.fault)
            if fault is not None:
                return self._steps(fault, correct)
        message = correct.message()
        if self._keep_alive:
            return (message.data(),)
        head = message.head().removesuffix(b"\r\n") + b"connection: close\r\n\r\n"
        return (head + message.body, "close")

    def _steps(self, fault: WireFault, correct: CorrectResponse) -> Sequence[Step]:
        if self._queue and self._queue[0] is fault:
            self._queue.popleft()
        self.played.append(fault.name)
        return fault.script(correct)


_MODEL = re.compile(rb"[\"/]fault-([a-z0-9-]+)[\":/]")  # in JSON or in a path


def _of_model(request: ReceivedRequest) -> WireFault | None:
    """Return the fault in the name of the model, as in `fault-close-in-body`."""
    found = _MODEL.search(request.target.encode() + b"\n" + request.body)
    return None if found is None else WIRE_FAULTS.get(found[1].decode())

"""A server on loopback that applies transport faults."""

from threading import Condition

from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._loopback import LoopbackServer
from chatmodels.testing._wire.catalogue import WIRE_FAULTS
from chatmodels.testing._wire.connection import RawConnection
from chatmodels.testing._wire.fault import WireFault
from chatmodels.testing._wire.fault_queue import FaultQueue


class FaultServer(LoopbackServer[RawConnection]):
    """A server that applies one fault per request, down to bytes and TCP segments.

    A `Simulator` sends correct HTTP. This server sends the faults of `WIRE_FAULTS`: malformed
    heads, wrong lengths, broken chunks, resets at any byte. It works with any HTTP client. A
    request to the model `fault-<name>` has that fault, and takes none from the queue. A request
    without a fault gets the correct response: a text that repeats the prompt, in the wire format of
    the request. API keys are not checked.

    Use it in a `with` block, or with `start` and `stop`. It is thread-safe.

    Args:
        fault: The fault, or its name, of requests for which none is queued.
        pace: Seconds between the repetitions of a fault that sends bytes without end.
        keep_alive: Whether connections are kept open after a correct response.
        port: The port to listen on; 0 for a free one.

    Raises:
        KeyError: There is no fault of that name.
    """

    _name = "fault server"

    def __init__(
        self,
        fault: WireFault | str | None = None,
        *,
        pace: float = 0.01,
        keep_alive: bool = True,
        port: int = 0,
    ) -> None:
        super().__init__(port)
        self._queue = FaultQueue(None if fault is None else _resolve(fault), keep_alive=keep_alive)
        self._pace = pace
        self._changed = Condition()

    @property
    def base_url(self) -> str:
        """The `base_url`, as for a `Simulator`.

        Raises:
            RuntimeError: The server has not been started.
        """
        return f"{self.url}/v1"

    @property
    def refusing_url(self) -> str:
        """The root of a URL at which connections are refused while the server runs.

        Raises:
            RuntimeError: The server has not been started.
        """
        return f"http://127.0.0.1:{self._running.refusing_port}"

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return 0 if self._service is None else len(self._service.connections)

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """The requests that were read, oldest first; at most the last 1,000."""
        return tuple(self._queue.requests)

    @property
    def played(self) -> tuple[str, ...]:
        """The names of the applied faults, oldest first; at most the last 1,000."""
        return tuple(self._queue.played)

    @property
    def fault(self) -> WireFault | None:
        """The fault of requests for which none is queued."""
        return self._queue.fault

    @fault.setter
    def fault(self, fault: WireFault | str | None) -> None:
        self._queue.fault = None if fault is None else _resolve(fault)

    def queue(self, *faults: WireFault | str) -> None:
        """Set the faults of the next requests, one each.

        A fault with `at_accept` is applied to the next connection, or to the next request on a
        connection that is already open.

        Args:
            faults: The faults, or their names.

        Raises:
            KeyError: There is no fault of a name.
        """
        self._queue.add([_resolve(fault) for fault in faults])

    def wait_until_left(self, timeout: float = 60.0) -> bool:
        """Wait until no client is connected; return False after the timeout.

        Args:
            timeout: The maximum number of seconds to wait.
        """
        with self._changed:
            return self._changed.wait_for(lambda: not self.connections, timeout)

    def wait_until_played(self, count: int = 0, timeout: float = 60.0) -> bool:
        """Wait until all started faults are completed; return False after the timeout.

        A response can reach the client before the server closes the connection. Call this before
        the next request if it must not use a connection that is about to be closed.

        Args:
            count: The number of faults that must have started since the server was created; at
                most 1,000.
            timeout: The maximum number of seconds to wait.
        """
        with self._changed:
            return self._changed.wait_for(lambda: self._played(count), timeout)

    def _connect(self, connections: set[RawConnection]) -> RawConnection:
        return RawConnection(self._queue, connections, self._pace, self._notify)

    def _played(self, count: int) -> bool:
        connections = () if self._service is None else tuple(self._service.connections)
        return len(self.played) >= count and not any(one.busy for one in connections)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()


def _resolve(fault: WireFault | str) -> WireFault:
    return WIRE_FAULTS[fault] if isinstance(fault, str) else fault

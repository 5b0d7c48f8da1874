"""A server on loopback that plays faults of the transport."""

from threading import Condition

from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._loopback import LoopbackServer
from chatmodels.testing._wire.catalogue import WIRE_FAULTS
from chatmodels.testing._wire.connection import RawConnection
from chatmodels.testing._wire.fault import WireFault
from chatmodels.testing._wire.playbook import Playbook


class FaultServer(LoopbackServer[RawConnection]):
    """Plays one fault per request, down to the bytes and the TCP segments.

    A `Simulator` speaks correct HTTP; this server speaks whatever a fault of `WIRE_FAULTS` says:
    malformed heads, wrong lengths, broken chunks, resets at any byte. It works with any HTTP
    client. A request for which no fault is queued gets the right response: a text that repeats
    the question, in the wire format of the request. API keys are not checked.

    It is used in a `with` block, or by `start` and `stop`, and is safe to use from all threads.

    Args:
        fault: The fault, or its name, of all requests for which none is queued.
        pace: Seconds between the repetitions of a fault that sends bytes for ever.
        keep_alive: Whether connections are kept after a right response.
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
        self._playbook = Playbook(None if fault is None else _found(fault), keep_alive=keep_alive)
        self._pace = pace
        self._changed = Condition()

    @property
    def base_url(self) -> str:
        """The address to use as `base_url`, as for a `Simulator`.

        Raises:
            RuntimeError: The server has not been started.
        """
        return f"{self.url}/v1"

    @property
    def refusing_url(self) -> str:
        """The root of an address at which connections are refused while the server runs.

        Raises:
            RuntimeError: The server has not been started.
        """
        return f"http://127.0.0.1:{self._running.refusing_port}"

    @property
    def connections(self) -> int:
        """The number of clients that are connected at this moment."""
        return 0 if self._service is None else len(self._service.connections)

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """The requests that were read, oldest first; at most the last 1,000."""
        return tuple(self._playbook.requests)

    @property
    def played(self) -> tuple[str, ...]:
        """The names of the faults that were played, oldest first; at most the last 1,000."""
        return tuple(self._playbook.played)

    @property
    def fault(self) -> WireFault | None:
        """The fault of all requests for which none is queued."""
        return self._playbook.fault

    @fault.setter
    def fault(self, fault: WireFault | str | None) -> None:
        self._playbook.fault = None if fault is None else _found(fault)

    def queue(self, *faults: WireFault | str) -> None:
        """Set the faults of the next requests, one each.

        A fault that belongs to the acceptance of a connection is played by the next connection,
        or by the next request on a connection that is already open.

        Args:
            faults: The faults, or their names.

        Raises:
            KeyError: There is no fault of a name.
        """
        self._playbook.add([_found(fault) for fault in faults])

    def wait_until_left(self, timeout: float = 60.0) -> bool:
        """Wait until no client is connected, and return whether that came to be.

        Args:
            timeout: Seconds to wait at most.
        """
        with self._changed:
            return self._changed.wait_for(lambda: not self.connections, timeout)

    def wait_until_played(self, count: int = 0, timeout: float = 60.0) -> bool:
        """Wait until all faults that have begun are played, and return whether that came to be.

        A response may reach the client before the server closes the connection: call this before
        the next request if it must not use a connection that is about to be closed.

        Args:
            count: Faults that must have begun since the server was made; at most 1,000.
            timeout: Seconds to wait at most.
        """
        with self._changed:
            return self._changed.wait_for(lambda: self._played(count), timeout)

    def _connect(self, connections: set[RawConnection]) -> RawConnection:
        return RawConnection(self._playbook, connections, self._pace, self._notify)

    def _played(self, count: int) -> bool:
        connections = () if self._service is None else tuple(self._service.connections)
        return len(self.played) >= count and not any(one.busy for one in connections)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()


def _found(fault: WireFault | str) -> WireFault:
    return WIRE_FAULTS[fault] if isinstance(fault, str) else fault

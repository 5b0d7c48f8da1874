"""The common base of the simulator and the fault server: a server on loopback."""

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, Self

from chatmodels.testing._service import C, Service


class LoopbackServer(ABC, Generic[C]):
    """A server on loopback, used in a `with` block or with `start` and `stop`."""

    _name: ClassVar[str]

    def __init__(self, port: int) -> None:
        self._port = port
        self._service: Service[C] | None = None

    def __repr__(self) -> str:
        kind = type(self).__name__
        return f"<{kind} {self.url}>" if self._service is not None else f"<{kind}, stopped>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start to listen; requests are served when this returns.

        Raises:
            RuntimeError: The server has already been started.
            OSError: The port is in use.
        """
        if self._service is not None:
            raise RuntimeError(f"the {self._name} has already been started")
        self._service = Service(self._connect, self._port)

    def stop(self) -> None:
        """Abort all connections and stop listening; a second call does nothing."""
        if self._service is not None:
            self._service.stop()
            self._service = None

    @property
    def url(self) -> str:
        """The root URL, without a trailing slash.

        Raises:
            RuntimeError: The server has not been started.
        """
        return f"http://127.0.0.1:{self._running.port}"

    @property
    def _running(self) -> Service[C]:
        if self._service is None:
            raise RuntimeError(f"the {self._name} has not been started")
        return self._service

    @abstractmethod
    def _connect(self, connections: set[C]) -> C:
        """Create the protocol of a new connection, which adds itself to `connections`."""

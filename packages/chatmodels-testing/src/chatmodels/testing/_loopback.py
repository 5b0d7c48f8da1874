"""What a simulator and a fault server have in common: they run on loopback, until stopped."""

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, Self

from chatmodels.testing._service import C, Service


class LoopbackServer(ABC, Generic[C]):
    """A server on loopback, used in a `with` block, or by `start` and `stop`."""

    _name: ClassVar[str]

    def __init__(self, port: int) -> None:
        self._wanted_port = port
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
        """Begin to listen; when this returns, requests are answered.

        Raises:
            RuntimeError: It has been started already.
            OSError: The port is taken.
        """
        if self._service is not None:
            raise RuntimeError(f"the {self._name} has been started already")
        self._service = Service(self._connect, self._wanted_port)

    def stop(self) -> None:
        """Break off all connections and stop listening; a second time it does nothing."""
        if self._service is not None:
            self._service.stop()
            self._service = None

    @property
    def url(self) -> str:
        """The root of the address, without a final slash.

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
        """Serve a new connection, which joins the others."""
